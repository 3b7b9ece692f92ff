"""What every store must keep, whichever database it is on: one subclass of StoreSuite per store."""

from tests.recsys.store.catalogue_suite import CatalogueSuite
from tests.recsys.store.keys_suite import KeysSuite
from tests.recsys.store.log_suite import LogSuite
from tests.recsys.store.rules_suite import RulesSuite
from tests.recsys.store.transaction_suite import TransactionSuite
from tests.recsys.store.visitors_suite import VisitorsSuite


class StoreSuite(LogSuite, TransactionSuite, CatalogueSuite, RulesSuite, KeysSuite, VisitorsSuite):
    """All of it; a subclass says how its store is opened."""
