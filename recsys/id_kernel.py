"""Inner loop of `recsys.article_ids`: whose ids these are."""

import numpy as np

from recsys.compiled import I32, I64, I64W, U8, U64, compiled_ahead, prefetch

NO_ROW = -1


@compiled_ahead
def rows_of_ids(  # noqa: PLR0917
    data: U8, starts: I64, hashes: U64, rows: I32, asked: U8, ends: I64, wanted: U64, found: I64W
) -> None:
    """Sets `found` (m,) to the row of each id, NO_ROW where it is not known.

    data, starts  (bytes,), (n + 1,) the known ids, by row
    hashes, rows  (n,) their hashes, ascending, and whose they are
    asked, ends   (bytes,), (m,) the ids asked for, and where each ends
    wanted        (m,) their hashes
    """
    places = np.empty(wanted.size, np.int64)
    for i in range(wanted.size):
        places[i] = np.searchsorted(hashes, wanted[i])
        prefetch(rows, places[i])
    for i in range(wanted.size):
        if places[i] < rows.size:
            prefetch(starts, np.int64(rows[places[i]]))
    first = 0
    for i in range(wanted.size):
        found[i] = NO_ROW
        size = ends[i] - first
        for place in range(places[i], hashes.size):
            if hashes[place] != wanted[i]:
                break
            row = rows[place]
            if not 0 <= row < starts.size - 1:
                continue
            begin, at = starts[row], 0
            same = starts[row + 1] - begin == size and begin >= 0 and begin + size <= data.size
            while same and at < size:
                same = data[begin + at] == asked[first + at]
                at += 1
            if same:
                found[i] = row
                break
        first = ends[i]
