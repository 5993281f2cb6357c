"""Any list of tokens, with special ones at any places."""

from hypothesis import strategies as st

from minillm.text import BERT_SPECIAL

# blanks, line separators of Unicode, byte-order marks and brackets are parts of tokens too
WORDS = st.text("ab我😀\u0085\u2028\ufeff []▁", min_size=1, max_size=3)


@st.composite
def vocabularies(draw):
    """Tokens in the order of their ids, and which of them play which role."""
    bert = draw(st.lists(st.sampled_from(list(BERT_SPECIAL.values())), unique=True))
    tokens = draw(st.permutations([*draw(st.lists(WORDS, unique=True, max_size=6)), *bert]))
    if not tokens:
        return [], {}
    roles = st.sampled_from(list(BERT_SPECIAL))
    return tokens, draw(st.dictionaries(roles, st.sampled_from(tokens)))
