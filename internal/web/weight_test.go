package web

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"
)

// asked matches what a page has a browser fetch before it paints.
var asked = regexp.MustCompile(`(?:href|src)="(/static/[^"]+\.(?:css|js|svg)[^"]*)"`)

// Every page with what it needs is under 100 KB to first paint, with full lists, and asks no other house.
func TestPagesAreSmallAndAskNoOtherHouse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var many []string
	for i := range 120 {
		h.put(fmt.Sprintf("customer-%03d.test", i), `{"destinations": ["`+h.At+`"]}`)
		h.know(fmt.Sprintf("someone.with.a.name@customer-%03d.test", i))
		many = append(many, fmt.Sprintf("someone.with.a.longer.name.%04d@example.com", i))
	}
	h.know(many...)
	outside := regexp.MustCompile(`(?:href|src|action|hx-get)="(?:[a-z]+:|//)[^"]*"`)
	sizes := map[string]int{}
	for _, path := range []string{
		"/", "/domains", "/domains/example.com", "/domains/example.com/verdicts", "/domains/file.test/recipients", "/domains/example.com/doctor",
		"/destinations", "/destinations/" + h.At, "/cache", "/cache/clear", "/alerts", "/decisions", "/access", "/recipients/john@example.com", "/test",
	} {
		page := h.Admin.get(path).status(http.StatusOK)
		if found := outside.FindString(page.Body); found != "" {
			t.Errorf("%s asks another house: %s", path, found)
		}
		sum := h.weigh(path)
		for _, match := range asked.FindAllStringSubmatch(page.Body, -1) {
			if sizes[match[1]] == 0 {
				sizes[match[1]] = h.weigh(match[1])
			}
			sum += sizes[match[1]]
		}
		if sum > 100_000 {
			t.Errorf("%s: %d octets to first paint", path, sum)
		}
	}
	if len(sizes) < 5 {
		t.Errorf("only %d files belong to the pages: %v", len(sizes), sizes)
	}
}

// weigh returns how much of a file or page goes over the wire to a browser, which takes gzip.
func (h *house) weigh(path string) int {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.URL+path, nil)
	check(h.t, err)
	r.Header.Set("Accept-Encoding", "gzip") // said by ourselves, so that it comes as it went over the wire
	return len(h.Admin.do(r).status(http.StatusOK).Body)
}
