"""Numbers with their nouns, as commands print them."""


def counted(number: float, noun: str) -> str:
    """A number and its noun: `1 rollout`, `2.5 rollouts`; one decimal at most."""
    rounded = round(number, 1)
    return f"{rounded:,g} {noun}{'' if rounded == 1 else 's'}"
