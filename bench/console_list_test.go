package bench

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"callout/internal/operate"
)

// listTimes is how often each page is asked for.
const listTimes = 50

// listing is a page of the verdicts of a domain.
type listing struct {
	name  string
	query string // MIDDLE stands for the cursor of a place in the middle
	least int    // rows that it must have
}

// The same pages by API and in the web interface, of 100 rows where there are as many.
var (
	byAPI = []listing{
		{"first", "", 100}, {"middle", "?cursor=MIDDLE", 100}, {"prefix", "?prefix=user.005", 100},
		{"text", "?query=777", 1}, {"text of none", "?query=nobody", 0}, {"status", "?status=valid", 100},
	}
	asPage = []listing{
		{"first", "", 100}, {"middle", "?after=MIDDLE", 100}, {"prefix", "?q=user.005", 100},
		{"text", "?q=777&how=anywhere", 1}, {"text of none", "?q=nobody&how=anywhere", 0}, {"status", "?verdict=valid", 100},
	}
)

// BenchmarkListMillion lists and searches the verdicts of a domain that has 1,000,000, by API and in the web interface:
// within 50 ms for a page is the goal. The ratios are to the same page of a domain that has 100,000.
func BenchmarkListMillion(b *testing.B) {
	s := startMillion(b, millionDatabase(b))
	s.settle(b)
	api, pages := s.dialAPI(b), s.dialPages(b)
	middle := map[string]string{
		millionDomain: placeBehind(b, api, millionDomain, million/2), besideDomain: placeBehind(b, api, besideDomain, beside/2),
	}
	for _, l := range byAPI {
		b.Run("api "+l.name, func(b *testing.B) { l.measure(b, api, "/api/v1/domains/", middle, `"recipient":`) })
	}
	for _, l := range asPage {
		b.Run("web "+l.name, func(b *testing.B) { l.measure(b, pages, "/domains/", middle, `name="sel"`) })
	}
}

// placeBehind returns the cursor of the place behind the i-th verdict of a domain, i being a multiple of 10,000.
func placeBehind(b *testing.B, api *webClient, domain string, i int) string {
	b.Helper()
	body, err := api.do(http.MethodGet, "/api/v1/domains/"+domain+"/verdicts?limit=1&prefix="+storedLocal(i)[:len("user.000")], "")
	if err != nil {
		b.Fatal(err)
	}
	var page operate.VerdictPage
	if err := json.Unmarshal(body, &page); err != nil || page.Next == "" {
		b.Fatalf("the middle of %s: %s, %v", domain, body, err)
	}
	return url.QueryEscape(page.Next)
}

// measure asks for a page of both domains in turn, and reports how long that of the large one took. Each of its rows has row
// in it once.
func (l listing) measure(b *testing.B, client *webClient, list string, middle map[string]string, row string) {
	get := func(domain string) float64 {
		path := list + domain + "/verdicts" + strings.ReplaceAll(l.query, "MIDDLE", middle[domain])
		begun := time.Now()
		body, err := client.do(http.MethodGet, path, "")
		took := milliseconds(time.Since(begun))
		if err != nil {
			b.Fatal(err)
		}
		if n := bytes.Count(body, []byte(row)); n < l.least || l.least == 0 && n > 0 {
			b.Fatalf("%s has %d rows, not %d", path, n, l.least)
		}
		return took
	}
	var large, small []float64
	for range listTimes {
		large, small = append(large, get(millionDomain)), append(small, get(besideDomain))
	}
	b.ReportMetric(median(large), "ms")
	b.ReportMetric(slices.Max(large), "worst_ms")
	b.ReportMetric(median(large)/median(small), "ratio")
	b.ReportMetric(0, "ns/op") // says nothing here
}
