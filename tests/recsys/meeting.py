"""Events given to one component, in blocks."""

from collections.abc import Sequence

import numpy as np

from recsys.acts import NOBODY
from recsys.engagement import Engagement
from recsys.event import Event
from recsys.event_block import EventBlock
from recsys.histories import Histories, strengths
from recsys.interest import Worth


def engage(engagement: Engagement, events: Sequence[Event], rows: Sequence[int]) -> None:
    """Lets `engagement` meet the events, on the articles at `rows`, as one block."""
    block = EventBlock.of(events)
    engagement.meet(block.kind, block.value, block.at, np.array(rows, np.int64), block.reader, block.source)


def remember(histories: Histories, events: Sequence[Event], rows: Sequence[int], worth: Worth) -> None:
    """Lets `histories` meet those of the events that show reading, on the articles at `rows`, as one block."""
    block = EventBlock.of(events)
    strength, read = strengths(block.kind, block.value, worth)
    read &= block.visitor != NOBODY
    histories.meet(block.visitor[read], np.array(rows, np.int64)[read], block.at[read], strength[read])
