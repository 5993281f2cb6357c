"""Reviews that a lesson shows, in each language: they are sentences of the grammar."""

from __future__ import annotations

# One opinion, denied
DENIED = {"en": "The plot was not dull at all.", "zh": "这部电影剧情并不平淡。"}
# Two opinions, one of them conceded
CONCEDED = {
    "en": "At the pub, although the food was bland, the service was prompt.",
    "zh": "学校旁边的饭馆虽然味道很寡淡，但是服务很周到。",
}
# The same words in two orders: praise, then blame
TWO_ORDERS = {
    "en": (
        "Although the plot was dull, the acting was lively.",
        "Although the acting was lively, the plot was dull.",
    ),
    "zh": ("这部电影虽然剧情很平淡，但是演技很自然。", "这部电影虽然演技很自然，但是剧情很平淡。"),
}
