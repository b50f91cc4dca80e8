"""Random rule trees for Hypothesis: comparisons of contact fields, acts with their conditions, nested at will."""

from hypothesis import strategies as st

from contacts.segments import fields, periods, rules

TEXTS = st.sampled_from(["Lyon", "lyon", "ann", "Zoé", "ZOÉ", "é", "%", "_", "'", "O'Neil", "p1", "x"])
NUMBERS = st.sampled_from([0, 5, 5.5, -1, 100])
DATES = st.sampled_from(["1990-05-15", "2026-05-15", "2026-05-12", "2025-04-10", "2026-05-16"])
PERIODS = st.sampled_from(sorted(periods.LABELS))
DAYS = st.sampled_from([1, 3, 10, 500])
VALUES = {"text": TEXTS, "choice": st.sampled_from(["fr", "en", "de"]), "number": NUMBERS, "date": DATES, "list": TEXTS}
VALUES |= {
    "boolean": st.booleans(),
    "tag": st.sampled_from(["vip", "none"]),
    "topic": st.sampled_from(["offers", "letter"]),
}
VALUES |= {"consent": st.sampled_from(["profiling", "open_tracking"]), "list": st.sampled_from(["S", "M", "m"])}
KEYS = {
    "text": ["email", "first_name", "source", "attribute.city"],
    "choice": ["language"],
    "number": ["attribute.points"],
    "date": ["created", "last_opened", "last_ordered", "attribute.born"],
    "boolean": ["attribute.fan"],
    "list": ["attribute.sizes"],
    "tag": ["tag"],
    "topic": ["topic"],
    "consent": ["consent"],
}


@st.composite
def leaves(draw):
    kind = draw(st.sampled_from(sorted(KEYS)))
    op = draw(st.sampled_from(fields.BY_TYPE[kind]))
    wants = rules.OPS[op].wants
    tree = {"field": draw(st.sampled_from(KEYS[kind])), "op": op, "unknown": draw(st.booleans())}
    if wants == "value":
        tree["value"] = draw(VALUES[kind])
    if wants == "values":
        tree["value"] = draw(st.lists(VALUES[kind], min_size=1, max_size=3))
    if wants == "pair":
        tree["value"] = sorted([draw(VALUES[kind]), draw(VALUES[kind])])
    if wants == "days":
        tree["value"] = draw(DAYS)
    if wants == "period":
        tree["value"] = draw(PERIODS)
    return tree


def trees(leaf):
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
            st.fixed_dictionaries({"any": st.lists(inner, max_size=3)}),
            st.fixed_dictionaries({"not": inner}),
        ),
        max_leaves=6,
    )


@st.composite
def acts(draw, params):
    """An act of `params` = {"opened": {"campaign": [7, 8]}, …}: some of its conditions, a stretch of time, a number."""
    key = draw(st.sampled_from(sorted(params)))
    value = {name: draw(st.sampled_from(some)) for name, some in params[key].items() if draw(st.booleans())}
    when = draw(st.sampled_from(["", "days", "period", "from", "until"]))
    if when:
        value[when] = draw({"days": DAYS, "period": PERIODS}.get(when, DATES))
    if draw(st.integers(0, 2)) == 0:
        value["at_least"] = draw(st.integers(1, 3))
        if draw(st.booleans()):
            value["at_most"] = value["at_least"] + draw(st.integers(0, 1))
    return {
        "field": key,
        "op": draw(st.sampled_from(["did", "did_not"])),
        "value": value,
        "unknown": draw(st.booleans()),
    }
