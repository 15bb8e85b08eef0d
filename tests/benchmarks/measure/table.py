"""A row of the table: what was measured, against which limits, by which command."""
import dataclasses


@dataclasses.dataclass
class Row:
    what: str
    command: str
    value: float | None = None  # nothing: it could not be measured, and `note` says why
    unit: str = ""
    note: str = ""
    must: float | None = None
    aim: float | None = None
    less_is_better: bool = False

    def meets(self, limit):
        """Nothing when there is no limit or no number."""
        if limit is None or self.value is None:
            return None
        return self.value <= limit if self.less_is_better else self.value >= limit

    def as_json(self):
        return dataclasses.asdict(self) | {"meets_must": self.meets(self.must), "meets_aim": self.meets(self.aim)}


def number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def with_unit(value, unit):
    if unit == "×":
        return f"{number(value)}×"
    return f"{number(value)} {unit}".rstrip()


def limit(row, value):
    if value is None:
        return "–"
    return ("≤ " if row.less_is_better else "≥ ") + with_unit(value, row.unit)


def measured(row):
    if row.value is None:
        return f"**not measured**: {row.note}"
    text = with_unit(row.value, row.unit)
    if row.meets(row.must) is False:
        text = f"**{text}: missed**"
    return f"{text} ({row.note})" if row.note else text


def markdown(rows):
    lines = ["| what | measured | must | aim | command |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        cells = [row.what, measured(row), limit(row, row.must), limit(row, row.aim), f"`{row.command}`"]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
