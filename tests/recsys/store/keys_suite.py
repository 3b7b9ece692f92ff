"""What every store must keep of keys."""

from recsys.keys import new_key
from recsys.store import Store
from tests.recsys.store.opened import Opened, OpenStore


class KeysSuite(Opened):
    def test_keys_are_kept_with_all_that_is_known_of_them(self, store: Store, reopen: OpenStore) -> None:
        assert store.keys.all() == []
        made = [
            new_key("publishable", "the site \u2713", ("https://example.org", "https://b.example"), 1)[0],
            new_key("admin", "", (), 2)[0],
        ]
        for key in made:
            store.keys.add(key, 3)
        assert store.keys.all() == reopen().keys.all() == made
        assert [entry.kind for entry in store.log.read(0, 9)] == ["keys", "keys"]

    def test_a_key_is_revoked_once_and_stays_in_sight(self, store: Store, reopen: OpenStore) -> None:
        key, other = new_key("secret", "", (), 1)[0], new_key("secret", "", (), 2)[0]
        for one in (key, other):
            store.keys.add(one, 1)
        assert store.keys.revoke(key.id, 5)
        assert not store.keys.revoke(key.id, 6)
        assert not store.keys.revoke("unknown", 6)
        assert [found.revoked_at for found in reopen().keys.all()] == [5, None]
        assert store.log.last() == 3
