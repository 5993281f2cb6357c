import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text.special_tokens import (
    BERT_SPECIAL,
    ROLES,
    bracketed,
    in_order_of_roles,
    require_listed,
)
from tests.text.vocabularies import vocabularies


@given(st.permutations(ROLES), st.integers(0, 7))
def test_roles_come_in_one_order_whatever_order_they_are_given_in(roles, n):
    special = {role: f"<{role}>" for role in roles[:n]}
    ordered = in_order_of_roles(special)
    assert ordered == special
    assert list(ordered) == [role for role in ROLES if role in special]


@given(vocabularies())
def test_the_bracketed_tokens_of_a_list_are_those_of_bert_that_it_holds(drawn):
    tokens, _ = drawn
    found = bracketed(tokens)
    assert set(found.values()) == set(tokens) & set(BERT_SPECIAL.values())
    assert all(BERT_SPECIAL[role] == token for role, token in found.items())


def test_the_first_special_token_that_a_list_lacks_is_named_with_its_role():
    require_listed({"bos": "<s>"}, ["a", "<s>"])
    require_listed({}, [])
    with pytest.raises(ValueError, match="the eos token '</s>' is not among the tokens; name"):
        require_listed({"bos": "<s>", "eos": "</s>"}, ["a", "<s>"])
