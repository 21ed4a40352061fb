package web

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"callout/internal/store"
)

const (
	manyRows    = 100_000
	manyDomains = 5000
	manyHosts   = 1000
	pageMost    = 100 * time.Millisecond
)

// nextPage finds the link to the next page of a list.
var nextPage = regexp.MustCompile(`rel="next" href="([^"]+)"`)

// middleOf returns the URL of a page in the middle of a list: that behind the first page of a filter, without the filter.
func (h *house) middleOf(path, filter string) string {
	h.t.Helper()
	s := h.Admin.get(path + filter).status(http.StatusOK)
	found := nextPage.FindStringSubmatch(s.Body)
	if found == nil {
		h.t.Fatalf("%s%s has no next page", path, filter)
	}
	u, err := url.Parse(strings.ReplaceAll(found[1], "&amp;", "&"))
	check(h.t, err)
	return path + "?after=" + url.QueryEscape(u.Query().Get("after"))
}

// benchPages asks for pages as a browser does, over HTTP and logged in, until they are there whole, and fails where one takes
// longer than the most it may; the fastest counts, since a machine may have something else to do at times.
func (h *house) benchPages(b *testing.B, pages map[string]string, most time.Duration) {
	for name, path := range pages {
		b.Run(name, func(b *testing.B) {
			fastest := time.Hour
			for b.Loop() {
				begun := time.Now()
				if s := h.Admin.get(path); s.code != http.StatusOK {
					b.Fatalf("status %d", s.code)
				}
				fastest = min(fastest, time.Since(begun))
			}
			b.ReportMetric(float64(fastest.Microseconds())/1000, "ms-fastest")
			if fastest > most {
				b.Errorf("a page takes %v at best, %v is the most", fastest, most)
			}
		})
	}
}

// BenchmarkPageOfVerdicts pages in the verdicts of a domain that has 100,000.
func BenchmarkPageOfVerdicts(b *testing.B) {
	h := newHouse(b)
	epoch, asked := h.Domains.Lookup("example.com").Epoch, time.Now()
	batch := store.Batch{}
	for i := range manyRows {
		v := store.Verdict{Domain: "example.com", Local: fmt.Sprintf("user.%06d", i), Status: store.Invalid, Code: 550, Enhanced: "5.1.1", Epoch: epoch,
			Text: "Recipient address rejected: User unknown", Host: "mx.example.com:25", Asked: asked, Expires: asked.Add(48 * time.Hour)}
		if i%10 == 0 {
			v.Status, v.Code, v.Enhanced, v.Text = store.Valid, 250, "2.1.5", "Ok"
		}
		if batch.Verdicts = append(batch.Verdicts, v); len(batch.Verdicts) == 1000 {
			check(b, h.Store.Write(b.Context(), batch))
			batch.Verdicts = batch.Verdicts[:0]
		}
	}
	list := "/domains/example.com/verdicts"
	h.benchPages(b, map[string]string{
		"first": list, "middle": h.middleOf(list, "?q=user.05"), "begins": list + "?q=user.0777", "valid": list + "?verdict=valid",
		"contains": list + "?q=9999&how=anywhere", "none": list + "?q=nobody", "domain": "/domains/example.com", "cache": "/cache",
	}, pageMost)
}

// BenchmarkPageOfDomains pages in 5,000 domains.
func BenchmarkPageOfDomains(b *testing.B) {
	h := newHouse(b)
	for i := range manyDomains {
		h.put(fmt.Sprintf("customer-%04d.test", i), `{"destinations": ["`+h.At+`"]}`)
	}
	h.benchPages(b, map[string]string{
		"first": "/domains", "middle": h.middleOf("/domains", "?q=customer-2"), "contains": "/domains?q=customer-49", "none": "/domains?q=nobody",
		"destinations": "/destinations", "cache": "/cache", "overview": "/",
	}, pageMost)
	// These look at how every domain stands; they have the time that it takes.
	h.benchPages(b, map[string]string{"trouble": "/domains?sort=trouble", "standing": "/domains?standing=not_asked"}, time.Second)
}

// BenchmarkPageOfAlerts has 5,000 alerts that are open: every page counts them.
func BenchmarkPageOfAlerts(b *testing.B) {
	h := newHouse(b)
	for i := range manyDomains {
		h.put(fmt.Sprintf("customer-%04d.test", i), `{"mode": "list"}`)
	}
	if n := h.Desk.CountAlerts(h.Root); n < manyDomains {
		b.Fatalf("%d alerts", n)
	}
	h.benchPages(b, map[string]string{"first": "/alerts", "middle": "/alerts?open=25", "overview": "/", "users": "/access"}, pageMost)
}

// BenchmarkPageOfHosts has a thousand hosts that were asked.
func BenchmarkPageOfHosts(b *testing.B) {
	h := newHouse(b)
	ln, err := net.Listen("tcp", "0.0.0.0:0") // every address of 127/8 is this machine
	check(b, err)
	go h.Destination.Serve(ln)
	_, port, err := net.SplitHostPort(ln.Addr().String())
	check(b, err)
	for i := range manyHosts {
		domain := fmt.Sprintf("customer-%04d.test", i)
		h.put(domain, fmt.Sprintf(`{"destinations": ["127.1.%d.%d:%s"], "catch_all_check": false}`, i/200, i%200+1, port))
		h.know("john@" + domain)
	}
	if n := len(h.Desk.Hosts(h.Root)); n < manyHosts {
		b.Fatalf("%d hosts", n)
	}
	h.benchPages(b, map[string]string{
		"first": "/destinations", "queue": "/destinations?sort=-queue", "none": "/destinations?q=nobody", "host": "/destinations/127.1.0.1:" + port,
		"domain": "/domains/customer-0001.test", "domains": "/domains", "overview": "/",
	}, pageMost)
}

// BenchmarkPageOfLocalRecipients pages in the local recipients of a domain that has 100,000.
func BenchmarkPageOfLocalRecipients(b *testing.B) {
	h := newHouse(b)
	var all []string
	for i := range manyRows {
		all = append(all, fmt.Sprintf("user.%06d@list.test", i))
	}
	_, err := h.Desk.SetRecipients(b.Context(), h.Root, "list.test", all)
	check(b, err)
	list := "/domains/list.test/recipients"
	h.benchPages(b, map[string]string{
		"first": list, "middle": h.middleOf(list, "?q=user.05"), "filtered": list + "?q=user.0777", "none": list + "?q=nobody",
	}, pageMost)
}
