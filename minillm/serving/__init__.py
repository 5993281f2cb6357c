"""A model behind a page: questions as JSON, answered in batches by one worker, within limits.

A request passes ``security`` (who may ask), ``endpoints`` and ``body`` (what was sent), ``worker``
(what is answered together), ``models`` (what a model can be asked) and back.  Starlette and
uvicorn, the extra ``serve``, are needed by ``application``, ``server`` and their parts alone.
"""

from minillm.serving.limits import Limits
from minillm.serving.models import Served, served
from minillm.serving.refusals import Refused
from minillm.serving.worker import Job, Worker

__all__ = ["Job", "Limits", "Refused", "Served", "Worker", "served"]
