"""Formulas for a terminal: the LaTeX that our pages use, written in Unicode.

A raised or lowered text becomes small signs where Unicode has all of them, else ``x_max`` or
``x_(t ∈ M)``.  What is not known here stays as it is, its backslash too.
"""

from __future__ import annotations

import re

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[ \n]+|.", re.DOTALL)
INLINE = re.compile(r"\$\$?([^$]+)\$\$?")
GLUE = "\x00"  # no blank stands on either side of it
SIGNS = """
theta θ lambda λ sigma σ eta η varepsilon ε alpha α beta β nabla ∇ partial ∂ infty ∞ top ⊤ dots …
sum ∑ prod ∏ times × cdot · odot ⊙ setminus ∖ in ∈ mid | Vert ‖ perp ⊥
le ≤ ge ≥ ne ≠ approx ≈ sim ∼ propto ∝ leftarrow ← rightarrow → iff ⇔ { { } }
"""
SYMBOLS = {
    **dict(re.findall(r"(\S+) (\S+)", SIGNS)),
    **dict.fromkeys(("left", "right", "big", "Big", "!"), ""),
    **dict.fromkeys((",", " "), " "),
    **dict.fromkeys(("quad", "qquad"), "   "),
    "lVert": f"‖{GLUE}",
    "rVert": f"{GLUE}‖",
    "\\": ";",  # between rows of a matrix
}
NAMES = {"ln", "log", "exp", "max", "min", "cos"}
TEXTS = {"mathrm", "text"}
DOUBLED = {"R": "ℝ", "E": "𝔼"}
ACCENTS = {"tilde": "\u0303", "hat": "\u0302", "bar": "\u0304"}
RAISED = str.maketrans("0123456789+-=()aehijklmnoprstuvx⊤", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵉʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛˣᵀ")
LOWERED = str.maketrans("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
SMALL = "".join(map(chr, [*RAISED.values(), *LOWERED.values()]))
LETTER = r"[A-Za-zΑ-ω][\u0300-\u036f]?"
SCRIPTED = re.compile(rf"(?:\d+(?:\.\d+)?|{LETTER})(?:[{re.escape(SMALL)}]|_[A-Za-z]\b)*")
ALONE = re.compile(rf"√?{SCRIPTED.pattern}|\|[^|]*\||\w*\([^()]*\)")


def readable(text: str) -> str:
    """A text with every formula between dollar signs in Unicode."""
    return INLINE.sub(lambda found: in_unicode(found[1]), text)


def in_unicode(formula: str) -> str:
    """A formula of LaTeX, without dollar signs, in a line of Unicode."""
    text = sequence(TOKEN.findall(formula)[::-1], "")
    text = re.sub(rf" *{GLUE} *", "", text)
    text = re.sub(r"(?<=[(\[]) +| +(?=[)\],;])", "", text)
    text = re.sub(" {3,}", GLUE, text)
    return re.sub(" +", " ", text).replace(GLUE, "   ").strip()


def sequence(tokens: list[str], end: str) -> str:
    """What comes before ``end``, which is taken too; the next token is the last of the list."""
    parts = []
    while tokens:
        token = tokens.pop()
        if token == end:
            break
        parts.append(script(token, argument(tokens)) if token in "^_" else one(token, tokens))
    return "".join(parts)


def argument(tokens: list[str]) -> str:
    """A group in braces, or the next sign."""
    while tokens and tokens[-1].isspace():
        tokens.pop()
    return one(tokens.pop(), tokens).strip() if tokens else ""


def one(token: str, tokens: list[str]) -> str:
    """A group, a command with its arguments, or a sign."""
    name = token[1:]
    if token == "{":
        return sequence(tokens, "}")
    if not name:
        return token
    if name in TEXTS:
        return words(tokens)
    if name in NAMES:
        return name + (" " if tokens and re.match(r"[A-Za-z\d]|\\[A-Za-z]", tokens[-1]) else "")
    if name in ("frac", "tfrac"):
        return fraction(argument(tokens), argument(tokens), tokens)
    if name == "sqrt":
        return f"√{alone(argument(tokens), SCRIPTED)}"
    if name in ACCENTS or name == "mathbb":
        return changed(token, argument(tokens))
    if name == "begin":
        return matrix(argument(tokens), tokens)
    return SYMBOLS.get(name, token)


def words(tokens: list[str]) -> str:
    """A group of upright words, with its blanks."""
    return sequence(tokens, "}") if tokens and tokens[-1] == "{" and tokens.pop() else ""


def script(kind: str, text: str) -> str:
    """A raised or lowered text."""
    close, table = text.replace(" ", ""), RAISED if kind == "^" else LOWERED
    if not re.search("[A-Za-z]{3}", text) and all(ord(sign) in table for sign in close):
        return close.translate(table)
    bare = len(close) == 1 or re.fullmatch(r"[A-Za-z]+", text)
    return kind + (text if bare else f"({text})")


def fraction(top: str, bottom: str, tokens: list[str]) -> str:
    """With a slash, and brackets where they are needed; apart from a factor that follows."""
    above = f"({top})" if re.search(" ", re.sub(r"\([^()]*\)", "", top)) else top
    apart = " " if tokens and re.match(r"[A-Za-z\d(\[|\\]", tokens[-1]) else ""
    return f"{above}/{alone(bottom, ALONE)}{apart}"


def alone(text: str, form: re.Pattern[str]) -> str:
    """In brackets, unless it has the form of what needs none."""
    return text if form.fullmatch(text) else f"({text})"


def changed(token: str, text: str) -> str:
    """A letter with an accent, or with its strokes doubled; as it was, where it is no letter."""
    known = DOUBLED.get(text) if token == r"\mathbb" else None
    if len(text) == 1 and token[1:] in ACCENTS:
        known = text + ACCENTS[token[1:]]
    return known or f"{token}{{{text}}}"


def matrix(kind: str, tokens: list[str]) -> str:
    """Its rows, with a semicolon between them."""
    body = sequence(tokens, r"\end")
    argument(tokens)
    if kind not in ("pmatrix", "bmatrix", "matrix"):
        return rf"\begin{{{kind}}}{body}\end{{{kind}}}"
    rows = (", ".join(cell.strip() for cell in row.split("&")) for row in body.split(";"))
    return f"[{'; '.join(rows)}]"
