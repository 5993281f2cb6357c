"""A visible character for each of the 256 bytes: how the files of byte-level BPE write tokens."""

# Bytes that are a visible sign in Latin-1 stand for themselves, without the soft hyphen 0xad.
VISIBLE = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), 256)]
HIDDEN = [byte for byte in range(256) if byte not in VISIBLE]  # the n-th is written chr(256 + n)

# byte -> character, and both in the order of the ids: first the visible bytes, then the others
CHARACTER_OF = {byte: chr(byte) for byte in VISIBLE} | {
    byte: chr(256 + n) for n, byte in enumerate(HIDDEN)
}
ALPHABET = tuple(CHARACTER_OF.values())
BYTE_OF = {character: byte for byte, character in CHARACTER_OF.items()}


def as_characters(text: str) -> str:
    """The UTF-8 bytes of a text, one character each::

        " né\\n"  ->  "ĠnÃ©Ċ"

    A lone surrogate, which UTF-8 has no room for, gets the three bytes that its code point would
    have.

    Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners",
    section 2.2; the table is that of the program published with the paper.
    """
    return text.encode("utf-8", "surrogatepass").decode("latin-1").translate(CHARACTER_OF)


def as_bytes(characters: str) -> bytes:
    """The bytes that some characters of the alphabet stand for.

    Raises:
        KeyError: a character is none of the alphabet.
    """
    return bytes(BYTE_OF[character] for character in characters)


def as_text(data: bytes) -> str:
    """The text of some bytes; what is no whole character becomes U+FFFD.

    Bytes that came from a text give exactly this text, lone surrogates included; beside bytes
    that were cut, these are replaced too.
    """
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
