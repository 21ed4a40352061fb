package web

import (
	"strings"
	"testing"
	"time"

	"callout/internal/operate"
)

func TestNextHopsStandUnderTheDestinations(t *testing.T) {
	s := newTestShell(t, nil)
	data := Destinations{List: &List{}, More: 3, Hops: []operate.NextHop{
		{Hosts: []string{"hop.test:25"}, Domains: []string{"a.test", "b.test"}, State: "unreachable", Since: time.Now(), Messages: 1234,
			Problem: &operate.HostProblem{Text: "delivery to hop.test:25: connect: <b>refused", At: time.Now()}},
		{Hosts: []string{"a:25", "b:25", "c:25", "d:25"}, Domains: []string{"c.test"}, State: "up", Sessions: 2},
	}}
	got := body(t, get(t, page(s, "destinations", &Page{Title: "Destinations", Data: data}), "/"))
	for _, want := range []string{"hop.test:25", "can't be reached", Number(1234), `href="/domains/b.test"`, "&lt;b&gt;refused", "and 1 more", "3 more next hops"} {
		if !contains(got, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if data.Hops, data.More = nil, 0; strings.Contains(body(t, get(t, page(s, "destinations", &Page{Title: "Destinations", Data: data}), "/")), "Next hops") {
		t.Error("it shows next hops where there are none")
	}
	n := alertNotice(&operate.Alert{Kind: "hop_unreachable", Host: "hop.test:25"})
	if n.Title != "A next hop can't be reached: hop.test:25" || n.Do == "" {
		t.Errorf("%+v", n)
	}
	if theirs := alertNotice(&operate.Alert{Kind: "hop_unreachable", Domain: "a.test"}); theirs.Do == n.Do || contains(theirs.Text+theirs.Title, "hop.test") {
		t.Errorf("%+v", theirs)
	}
}
