"""What holds for every test."""

from hypothesis import settings

# A deadline would be a claim about the machine, not about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

pytest_plugins = ["tests.recsys.object_storage", "tests.recsys.store.postgres_server"]
