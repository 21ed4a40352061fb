package web

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"callout/internal/operate"
)

func contains(body, part string) bool { return strings.Contains(body, part) }

// shut returns an address where nobody listens.
func shut(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	check(t, ln.Close())
	return ln.Addr().String()
}

func (h *house) put(domain, spec string) {
	h.t.Helper()
	_, _, err := h.Desk.PutDomain(h.t.Context(), h.Root, domain, []byte(spec))
	check(h.t, err)
}

func TestDestinationsBeforeAnyWasAsked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Admin.get("/destinations").status(http.StatusOK).shows("No host was asked yet", "Test an address")
	h.Admin.get("/destinations/192.0.2.1:25").status(http.StatusNotFound).shows("nothing is known of a host")
	h.Stranger.get("/destinations").at("/login?next=%2Fdestinations")
}

func TestDestinationsShowHowEveryHostStands(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	down := shut(t)
	h.put("down.test", `{"destinations": ["`+down+`"]}`)
	h.know("john@example.com", "john@other.test", "john@down.test")

	s := h.Admin.get("/destinations").status(http.StatusOK).shows(h.At, "up", down, "connection refused", "2 hosts")
	if strings.Index(s.Body, down+"</span></a>") > strings.Index(s.Body, h.At+"</span></a>") {
		t.Error("the host in trouble is not first")
	}
	h.Admin.get("/destinations?state=up").shows(h.At, "1 host").hides(down)
	h.Admin.get("/destinations?q=" + strings.TrimPrefix(down, "127.0.0.1:")).shows(down).hides(h.At)
	h.Admin.get("/destinations?q=nothing").status(http.StatusOK).shows("No host fits", "Show all")

	h.Admin.get("/destinations/"+url.PathEscape(down)).status(http.StatusOK).shows(down, "Run the doctor", "down.test", "firewalls", "connection refused", "Nothing so far")
	h.Admin.get("/destinations/"+h.At).status(http.StatusOK).shows("It answers as it should", "example.com", "other.test", "0 questions")
}

// A host may be that of many domains: whoever has one of them sees the host, and nothing of the others.
func TestADomainUserSeesTheHostsOfTheirDomainsAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	down := shut(t)
	h.put("down.test", `{"destinations": ["`+down+`"]}`)
	h.know("john@example.com", "john@other.test", "john@down.test")

	h.User.get("/destinations").status(http.StatusOK).shows(h.At, "1 host").hides(down, "down.test")
	h.User.get("/destinations/"+h.At).status(http.StatusOK).shows("example.com").hides("other.test", "Forget", `href="/destinations"`)
	nobody := shut(t)
	foreign := h.User.get("/destinations/" + down).status(http.StatusNotFound).text()
	none := h.User.get("/destinations/" + nobody).status(http.StatusNotFound).text()
	if strings.ReplaceAll(foreign, down, nobody) != none {
		t.Errorf("a foreign host: %s\nnone: %s", foreign, none)
	}
}

func TestForgettingAHostNeedsAnAdmin(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com")
	at := "/destinations/" + h.At
	h.User.post(at + "/forget").status(http.StatusForbidden)
	h.Admin.get(at).shows("Forget it and try again now")
	h.Admin.post(at + "/forget").status(http.StatusOK).at(at).shows("Forgotten: what was learned of 1 host.")
	h.Admin.post("/destinations/192.0.2.1:25/forget").status(http.StatusNotFound)
	h.Stranger.post(at + "/forget").at("/login")
	all := h.events() // a host that there is not leaves no event
	if did, refused := all[0], all[1]; did.Action != "forget host" || did.Who != "admin" || did.Refused || refused.Who != "user" || !refused.Refused {
		t.Errorf("audit: %+v, %+v", did, refused)
	}
}

func TestPagesOfHostsHaveEachOnce(t *testing.T) {
	var all []operate.Host
	for i := range 250 {
		all = append(all, operate.Host{Address: fmt.Sprintf("192.0.2.%d:25", i), State: troubles[i%4], Queue: i % 7})
	}
	var up []string // the order that the one before has
	for i, sort := range []string{"", "-trouble", "address", "-address", "queue", "-queue"} {
		var seen, back []string
		read := func(state string) (rows []operate.Host, previous, next string) {
			l := ReadList(httptest.NewRequest(http.MethodGet, "/destinations?sort="+sort+state, nil), ListSpec{Sorts: []string{"trouble", "address", "queue"}})
			rows, previous, next, err := hostPage(l, slices.Clone(all))
			check(t, err)
			return rows, previous, next
		}
		state, last := "", ""
		for range 3 {
			rows, previous, next := read(state)
			for _, h := range rows {
				seen = append(seen, h.Address)
			}
			state, last = "&after="+url.QueryEscape(next), previous
			if next == "" {
				state = ""
			}
		}
		if len(seen) != 250 || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != 250 {
			t.Errorf("sort %q: %d hosts, of them different %d", sort, len(seen), len(slices.Compact(slices.Sorted(slices.Values(seen)))))
		}
		if i%2 == 1 {
			if slices.Reverse(up); !slices.Equal(up, seen) {
				t.Errorf("sort %q is not the other order turned round", sort)
			}
		}
		up = slices.Clone(seen)
		rows, previous, _ := read("&before=" + url.QueryEscape(last))
		for _, h := range rows {
			back = append(back, h.Address)
		}
		if len(seen) == 250 && !slices.Equal(back, seen[100:200]) || previous == "" {
			t.Errorf("sort %q: the page before the last is another than the second", sort)
		}
	}
}

func TestWhatWasLearnedIsShownWithTheReplyAsText(t *testing.T) {
	now := time.Now()
	h := operate.Host{Address: "192.0.2.1:25", State: "back_off", RetryAt: now.Add(-time.Second), Names: []string{"mx.example.com:25"}, Learned: []operate.Learned{
		{Limit: "recipients", N: 3, Text: "takes 3 recipients in a transaction", Reply: "452 <b>too many</b>\u202e", At: now.Add(-time.Hour), Expires: now.Add(time.Hour)},
	}, Problem: &operate.HostProblem{Kind: "refused", Text: "554 <i>go away</i>", At: now}}
	v := &visit{Web: &Web{shell: newTestShell(t, nil)}}
	page, err := v.shell.render("destination", &Page{Data: Destination{hostRow: v.hostRow(h), Strip: hostStrip(&h), Problem: lookAt["refused"]}})
	check(t, err)
	for _, want := range []string{"takes 3 recipients in a transaction", "452 &lt;b&gt;too many&lt;/b&gt;", "⟨U+202E⟩", "1 h ago", "554 &lt;i&gt;go away", "with the next question"} {
		if !contains(string(page), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if contains(string(page), "\u202e") || contains(string(page), "Forget") {
		t.Error("an override, or a button that nobody may press")
	}
}
