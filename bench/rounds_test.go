package bench

import (
	"slices"
	"testing"
)

// rounds is how often each side is measured.
const rounds = 5

// compare measures two sides in turn and reports the median of each and the median of their ratios.
func compare(b *testing.B, unit string, ours, theirs func() float64, oursName, theirsName string) {
	var a, t, ratios []float64
	for range rounds {
		x, y := ours(), theirs()
		a, t, ratios = append(a, x), append(t, y), append(ratios, x/y)
	}
	b.ReportMetric(median(a), oursName+"_"+unit)
	b.ReportMetric(median(t), theirsName+"_"+unit)
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(slices.Min(ratios), "ratio_min")
	b.ReportMetric(slices.Max(ratios), "ratio_max")
	b.ReportMetric(0, "ns/op") // says nothing here
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}
