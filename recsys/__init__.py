"""Related, Ranking and Recommendation lists for sites that publish articles."""

__version__ = "0.1.0"
