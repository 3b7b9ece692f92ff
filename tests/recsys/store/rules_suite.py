"""What every store must keep of the rules of editors."""

import pytest

from recsys.errors import Outdated
from recsys.store import Entry, Revision, Store
from tests.recsys.store.opened import Opened, OpenStore, rule_set, undone


class RulesSuite(Opened):
    def test_new_store_has_no_rules(self, store: Store) -> None:
        assert store.rules.current() == Revision()
        assert store.rules.history(9) == []

    def test_rules_are_kept_by_revision_with_who_and_when(self, store: Store, reopen: OpenStore) -> None:
        first = store.rules.replace(rule_set("x"), by="Ada", now=10)
        second = store.rules.replace(rule_set("x", "y"), by="local", now=20)
        assert (first.number, second.number) == (1, 2)
        assert reopen().rules.current() == Revision(2, 20, "local", rule_set("x", "y"))
        assert store.rules.history(9) == [second, first]
        assert store.rules.history(1) == [second]

    def test_rules_as_they_were_before_a_moment(self, store: Store) -> None:
        first = store.rules.replace(rule_set("x"), by="a", now=10)
        second = store.rules.replace(rule_set(), by="a", now=20)
        assert [store.rules.current(before) for before in (10, 11, 20, 21)] == [Revision(), first, first, second]

    def test_log_tells_of_other_rules_and_of_nothing_else(self, store: Store) -> None:
        made = store.rules.replace(rule_set("x"), by="a", now=10)
        assert store.rules.replace(rule_set("x"), by="b", now=20) == made
        assert store.log.read(0, 9) == [Entry(seq=1, at=10, kind="rules", ids=("1",))]

    def test_no_change_of_the_rules_is_lost(self, store: Store, reopen: OpenStore) -> None:
        read = store.rules.current().number
        reopen().rules.replace(rule_set("theirs"), by="a", now=10, expected=read)
        with pytest.raises(Outdated, match="revision 1"):
            store.rules.replace(rule_set("ours"), by="b", now=20, expected=read)
        assert store.rules.current().rules == rule_set("theirs")
        assert store.log.last() == 1

    def test_rules_of_a_transaction_that_fails_are_not_there(self, store: Store) -> None:
        with undone(store):
            store.rules.replace(rule_set("x"), by="a", now=10)
        assert store.rules.current() == Revision()
        assert store.log.last() == 0
