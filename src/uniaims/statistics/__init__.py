"""What a list of measurements says: summaries, size distributions, intervals, fits, comparisons, directions.

Every function takes any array of numbers, leaves out NaN (and says how many in `excluded`), and is deterministic. Where
there are too few values for a result it is NaN.

Sources:

- Percentiles: linear interpolation between order statistics (Hyndman & Fan 1996, type 7; NumPy's default).
- Weighted sizes, D10/D50/D90, span, moment means: ISO 9276-1:1998, ISO 9276-2:2014.
- Bootstrap: Efron & Tibshirani, An introduction to the bootstrap, 1993, chapters 13 and 14.
- Log-normal law of sizes: ISO 9276-5:2005. Goodness of fit with estimated parameters: Lilliefors 1967, p-value by
  Dallal & Wilkinson 1986 and, above 0.1, the polynomials of the R package nortest (Gross & Ligges).
- Bin width: Freedman & Diaconis 1981.
- Mann & Whitney 1947; probability of superiority and its grades: Vargha & Delaney 2000; Kolmogorov & Smirnov.
- Directions: Mardia & Jupp, Directional statistics, 2000; Rayleigh test by Wilkie 1983.
"""

from uniaims.statistics.budget import Estimate, estimate
from uniaims.statistics.comparisons import Comparison, compare
from uniaims.statistics.directions import Directions, summarise_directions
from uniaims.statistics.distributions import Histogram, LognormalFit, fit_lognormal, histogram
from uniaims.statistics.groups import GroupDifference, compare_groups, kruskal_wallis
from uniaims.statistics.intervals import Interval, bootstrap
from uniaims.statistics.pictures import Picture, SampleFigure, VarianceShares, sample_percentile, variance_shares
from uniaims.statistics.sample_size import objects_needed, pictures_needed
from uniaims.statistics.summaries import SizePercentiles, Summary, size_percentiles, summarise, weighted_percentile
from uniaims.statistics.weighted import WeightedSizes, carries, effective_count, weighted_sizes

__all__ = [
    "Comparison",
    "Directions",
    "Estimate",
    "GroupDifference",
    "Histogram",
    "Interval",
    "LognormalFit",
    "Picture",
    "SampleFigure",
    "SizePercentiles",
    "Summary",
    "VarianceShares",
    "WeightedSizes",
    "bootstrap",
    "carries",
    "compare",
    "compare_groups",
    "effective_count",
    "estimate",
    "fit_lognormal",
    "histogram",
    "kruskal_wallis",
    "objects_needed",
    "pictures_needed",
    "sample_percentile",
    "size_percentiles",
    "summarise",
    "summarise_directions",
    "variance_shares",
    "weighted_percentile",
    "weighted_sizes",
]
