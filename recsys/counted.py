"""How many there are of something, in words."""


def counted(count: int, one: str, many: str) -> str:
    """`count` with `one` behind it where it is 1, else with `many`."""
    return f"{count:,} {one if count == 1 else many}"
