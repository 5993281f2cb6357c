"""What is taken out of texts, and what stays: planted cases, check digits, and hard edges."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text.scrubbing import luhn_check, personal_data, resident_check, scrub

NAMES = ["Anna", "Anna Vell", "李明", "Zoë"]


@pytest.mark.guide("G54")
@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("Anna: 555-0173", "[NAME]: [PHONE]"),
        ("Call (415) 555-0132 or +1 415-555-0132.", "Call [PHONE] or [PHONE]."),
        ("a.b+c@x-y.example.org, thanks", "[EMAIL], thanks"),
        ("card 4111 1111 1111 1111 or 4111111111111111", "card [ID] or [ID]"),
        ("her number is 123-45-6789.", "her number is [ID]."),
        ("身份证11010519491231002X，电话13812345678。", "身份证[ID]，电话[PHONE]。"),
        ("座机010-12345678或+86 138-1234-5678", "座机[PHONE]或[PHONE]"),
        ("１３８１２３４５６７８是我的", "[PHONE]是我的"),
        ("李明在上海", "[NAME]在上海"),
        ("+44 20 7946 0958 in London", "[PHONE] in London"),
        ("Anna Vell and Anna's cat", "[NAME] and [NAME]'s cat"),
        ("Zoë!", "[NAME]!"),
    ],
)
def test_what_is_personal_goes(text, scrubbed):
    assert scrub(text, names=NAMES) == scrubbed


@pytest.mark.guide("G54")
@pytest.mark.parametrize(
    "text",
    [
        "It cost 1299 in 2019, version 10.4.2 of 2024-01-17.",
        "ISBN 978-3-16-148410-0",
        "Annabel met Dianna @ noon",
        "4111111111111112",  # a digit that does not check
        "订单110105194912310021",
        "000-12-3456 and 666-12-3456 and 900-12-3456 and 123-00-4567",
        "a@b and user@host",
        "3.555-1234 and 12-555-1234",
        "12813812345678 是编号",
        "",
    ],
)
def test_what_only_looks_like_it_stays(text):
    assert scrub(text, names=NAMES) == text


@given(st.text(alphabet="a@.-0123456789 张+()x１", max_size=40))
def test_findings_stand_in_order_and_what_stands_between_them_stays(text):
    found = personal_data(text, names=["张"])
    assert all(one.stop <= other.start for one, other in itertools.pairwise(found))
    rest = text
    for kind, start, stop in reversed(found):
        rest = f"{rest[:start]}[{kind}]{rest[stop:]}"
    assert scrub(text, names=["张"]) == rest


def test_of_overlapping_ones_the_first_and_the_longest_stay():
    assert [tuple(f) for f in personal_data("mail to 138-1234-5678@example.org")] == [
        ("EMAIL", 8, 33)
    ]


def digit_off(number, check, wrong):
    """Every single digit that is replaced by another one makes the number wrong."""
    for i, digit in enumerate(number):
        if digit.isdigit():
            for other in set("0123456789") - {digit}:
                if check(number[:i] + other + number[i + 1 :]):
                    wrong.append((i, other))


@pytest.mark.parametrize(
    ("number", "check"),
    [
        ("11010519491231002X", resident_check),
        ("440524188001010014", resident_check),
        ("4111111111111111", luhn_check),
        ("79927398713", luhn_check),
    ],
)
def test_check_digits_notice_every_single_error(number, check):
    wrong = []
    digit_off(number, check, wrong)
    assert check(number) and wrong == []


def test_what_is_no_text_or_no_name_is_refused():
    with pytest.raises(TypeError, match="a text must be a str, got bytes"):
        scrub(b"x")
    with pytest.raises(TypeError, match="expected a list of texts"):
        scrub("x", names="Anna")
    with pytest.raises(ValueError, match="a name must not be empty"):
        scrub("x", names=["Anna", ""])


@pytest.mark.guide("G54")
@pytest.mark.parametrize(
    ("name", "text", "scrubbed"),
    [
        ("J.R.", "J.R. said, to J.R.", "[NAME] said, to [NAME]"),
        ("Smith Jr.", "Mr Smith Jr., and Smith Jr. (her)", "Mr [NAME], and [NAME] (her)"),
        ("(Bob)", "Robert (Bob) Lind", "Robert [NAME] Lind"),
        ("Ａｎｎａ", "Anna and Ａｎｎａ", "[NAME] and [NAME]"),
        ("José", "José, Joséphine, Jose\u0301 and Jose\u0301phine", "[NAME], Joséphine, [NAME] and "
         "Jose\u0301phine"),
        ("Jose\u0301", "José", "[NAME]"),
        ("Ren", "René and Rene\u0301, Ren", "René and Rene\u0301, [NAME]"),
        ("Jose", "Jose\u0301 and Jose", "Jose\u0301 and [NAME]"),
        ("Élan", "Élan, NoÉlan", "[NAME], NoÉlan"),
        ("Анна", "Анна, Аннабель", "[NAME], Аннабель"),
        ("Anna", "我是Anna。Anna1 an_Anna", "我是[NAME]。Anna1 an_Anna"),
        ("李明", "李明明在", "[NAME]明在"),
    ],
)  # fmt: skip
def test_names_end_where_words_end(name, text, scrubbed):
    assert scrub(text, names=[name]) == scrubbed


@pytest.mark.guide("G54")
@pytest.mark.parametrize(
    "number",
    [
        *("010-12345678", "010 12345678", "(010)12345678", "(010) 12345678", "0755 1234567"),
        *("13812345678", "138 1234 5678", "138-1234-5678", "+8613812345678", "+86 138 1234 5678"),
        *("555-0173", "415-555-0132", "(415) 555-0132", "+1 415-555-0132", "+14155550132"),
        *("+44 20 7946 0958", "+49 1511234567", "+491511234567", "+49-1511234567"),
    ],
)
def test_telephones_are_found_in_each_form_that_is_listed(number):
    assert scrub(f"at {number}, or 电话{number}。") == "at [PHONE], or 电话[PHONE]。"


@pytest.mark.parametrize(
    "address",
    ["anna.v@post.example.org", "josé@münchen.de", "wang@公司.cn", "a@пример.com", "a@nguyễn.vn"],
)
def test_addresses_may_have_other_letters_before_their_end(address):
    assert scrub(f"写给{address}或www.example.org") == "写给[EMAIL]或www.example.org"
    assert scrub(f"写给{address}和www.example.org") == "写给[EMAIL]和www.example.org"


@pytest.mark.parametrize(
    "text",
    [
        "123-45-0000",  # a serial number that is never issued
        "1+10000000 and +1000000",
        "anna@почта.рф, 王@例子.中国, +44 (0)20, 7946 0958",
    ],
)
def test_what_is_left_in_is_what_the_module_says(text):
    assert scrub(text) == text
