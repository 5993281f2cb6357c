import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import CharacterTokenizer, WordTokenizer, normalize

word, character = WordTokenizer(), CharacterTokenizer()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", ""),
        (" \u3000\n", ""),
        ("The cat  SAT.", "the cat sat ."),
        ("Don't go: it’s 3.5 km, 1,000 (k-19)!", "don't go : it's 3.5 km , 1,000 ( k-19 ) !"),
        ("‘so’ 'tis rock-'n'", "‘ so ’ ' tis rock - ' n '"),
        ("mp3 5th 2-1 x_y a--b 3. ,5", "mp3 5 th 2 - 1 x _ y a - - b 3 . , 5"),
        ("我爱NLP，你呢？", "我 爱 nlp ， 你 呢 ？"),
        ("二〇二四年Ｖ２版", "二 〇 二 四 年 v2 版"),
        ("人々𠀀𪚥㐀\uf900\U00031350", "人 々 𠀀 𪚥 㐀 豈 \U00031350"),
        ("さくら食べる", "さくら 食 べる"),
        ("👩\u200d👩\u200d👧👍🏽1️⃣❤️!", "👩\u200d👩\u200d👧 👍🏽 1️⃣ ❤️ !"),
        (
            "🇨🇳🇺🇸 🇫🇷🇩🇪🇪 🏴\U000e0067\U000e0062\U000e007f!",
            "🇨🇳 🇺🇸 🇫🇷 🇩🇪 🇪 🏴\U000e0067\U000e0062\U000e007f !",
        ),
        ("T\u0308ag \u1e97ag", "\u1e97ag \u1e97ag"),
        ("e\u0301te\u0301 q\u0301x", "été q\u0301x"),
        ("مَرْحَبًا بك، हिन्दी می\u200cخواهم", "مَرْحَبًا بك ، हिन्दी می\u200cخواهم"),
        ("İSTANBUL ΟΔΟΣ Straße", "i\u0307stanbul οδος straße"),
        ("[MASK] [CLS]", "[ mask ] [ cls ]"),
        ("\u0301a \u200d", "\u0301 a \u200d"),
    ],
)
def test_word_tokens_by_example(text, tokens):
    assert word.tokenize(text) == tokens.split()


@pytest.mark.parametrize(
    ("text", "split_at_blanks", "tokens"),
    [
        ("我喜欢这部电影。", ["我喜欢这部电影。"], list("我喜欢这部电影。")),
        ("It bites, bites.", ["It", "bites,", "bites."], ["it", "bites", ",", "bites", "."]),
    ],
)
def test_a_split_at_blanks_cannot_do_what_the_word_tokenizer_does(text, split_at_blanks, tokens):
    assert text.split() == split_at_blanks
    assert word.tokenize(text) == tokens


@pytest.mark.parametrize("ideograph", "一鿿㐀䶿𠀀𪚥𫠝\U0002f800\U00030000\ufa0e豈々〇")
def test_a_chinese_character_of_any_block_is_a_token(ideograph):
    assert word.tokenize(ideograph * 2) == [normalize(ideograph)] * 2


@given(st.text())
def test_word_tokens_hold_every_character_but_the_blanks(text):
    lowered = normalize(normalize(text).lower()).replace("’", "'")
    assert "".join(word.tokenize(text)).replace("’", "'") == lowered.replace(" ", "")


@given(st.text("我a1 .'’-\u200d\u0301👩🏽é", max_size=30))
def test_no_word_token_is_empty_or_holds_a_blank(text):
    assert all(token and " " not in token for token in word.tokenize(text))


@given(st.text(), st.text())
def test_texts_parted_by_a_blank_are_tokenized_apart(left, right):
    assert word.tokenize(f"{left}\n{right}") == word.tokenize(left) + word.tokenize(right)


@pytest.mark.parametrize(
    "text",
    [
        "don't go: it's 3.5 km, 1,000 (k-19)!",
        "我爱自然语言处理，你呢？",
        "他说nlp很难。",
        "see [1], then {a}; 5% of all?",
        "",
    ],
)
def test_joined_words_read_like_the_text(text):
    assert word.join(word.tokenize(text)) == text


def test_special_tokens_are_joined_as_words():
    assert (
        word.join(["[CLS]", "the", "[MASK]", "sat", ".", "[SEP]"]) == "[CLS] the [MASK] sat. [SEP]"
    )


def test_characters_by_example():
    assert character.tokenize(" Hi\n你好 ") == ["H", "i", "▁", "你", "好"]
    assert character.tokenize("👩\u200d👧") == ["👩", "\u200d", "👧"]
    assert character.tokenize("") == []


@given(st.text())
def test_joining_characters_gives_the_normalized_text_back(text):
    text = text.replace("▁", "")
    assert character.join(character.tokenize(text)) == normalize(text)


@pytest.mark.parametrize("tokenizer", [word, character])
@pytest.mark.parametrize("value", [None, b"bytes", 3, ["a"]])
def test_tokenizers_take_texts_only(tokenizer, value):
    with pytest.raises(TypeError, match=f"got {type(value).__name__}"):
        tokenizer.tokenize(value)


@given(st.text(st.sampled_from("Tt\u0308\u0301Aaİiẗä ΣσJj\u030cẛ\u0323"), max_size=6))
def test_capitals_and_small_letters_give_the_same_tokens(text):
    assert word.tokenize(text.lower()) == word.tokenize(text)
