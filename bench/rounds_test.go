package bench

import (
	"slices"
	"testing"
)

// rounds is how often each side is measured where a benchmark does not need more.
const rounds = 5

// side is one side of a comparison.
type side struct {
	name    string
	measure func() float64
}

// compare measures all sides in turn and reports the median of each, in unit, and of the ratios of ours to each of
// the others: those to the first are called ratio, those to another ratio_to_NAME.
func compare(b *testing.B, rounds int, unit string, ours side, others ...side) {
	all := append([]side{ours}, others...)
	values := make([][]float64, len(all))
	for range rounds {
		for i, s := range all {
			values[i] = append(values[i], s.measure())
			if b.Failed() {
				b.FailNow() // what is measured while answers are wrong says nothing
			}
		}
	}
	for i, s := range all {
		b.ReportMetric(median(values[i]), s.name+"_"+unit)
		if i == 0 {
			continue
		}
		name := "ratio"
		if i > 1 {
			name += "_to_" + s.name
		}
		reportRatios(b, name, values[0], values[i])
	}
	b.ReportMetric(0, "ns/op") // says nothing here
}

// reportRatios reports the median, the least and the greatest of the ratios of each round.
func reportRatios(b *testing.B, name string, ours, theirs []float64) {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = ours[i] / theirs[i]
	}
	b.ReportMetric(median(ratios), name)
	b.ReportMetric(slices.Min(ratios), name+"_min")
	b.ReportMetric(slices.Max(ratios), name+"_max")
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}
