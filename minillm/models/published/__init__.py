"""Published models, opened and written: ours under other names.

``bert.py``, ``gpt2.py`` and ``llama.py`` are the tables: settings, and names of parameters.
"""

from minillm.models.published.opening import Published, from_pretrained
from minillm.models.published.saving import save_pretrained

__all__ = ["Published", "from_pretrained", "save_pretrained"]
