"""Words on axes, also Chinese ones where a font has their signs."""

from __future__ import annotations

from collections.abc import Sequence

CJK_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "Droid Sans Fallback",
)


def chinese_font() -> str | None:
    """An installed font with Chinese characters."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in CJK_FONTS if name in installed), None)


def drawable(words: Sequence[str]) -> list[str]:
    """Labels for words: themselves where a font has their signs, else numbers with a printed key.

    Chinese words turn the installed Chinese font on for what is drawn afterwards.
    """
    import matplotlib

    if all(word.isascii() for word in words):
        return list(words)
    font = chinese_font()
    if font is not None:
        matplotlib.rcParams["font.family"] = ["DejaVu Sans", font]
        return list(words)
    print("  ".join(f"{i} {word}" for i, word in enumerate(words, start=1)))
    return [str(i) for i in range(1, len(words) + 1)]
