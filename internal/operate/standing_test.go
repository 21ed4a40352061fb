package operate

import (
	"strings"
	"testing"
	"time"

	"callout/internal/callout"
	"callout/internal/nexthop"
)

// How a domain stands is said in words, what matters most first.
func TestStandings(t *testing.T) {
	up := callout.HostStatus{Address: "192.0.2.1:25", State: callout.StateUp}
	down := callout.HostStatus{Address: "192.0.2.2:25", State: callout.StateBackOff, Problem: &callout.Problem{
		Kind: callout.NoConnection, Stage: callout.StageConnect, Host: callout.Host{Name: "mx2.example.com", Port: 25}}}
	gone := down
	gone.Address, gone.Problem = "192.0.2.3:25", &callout.Problem{Kind: callout.Timeout, Host: callout.Host{Name: "mx3.example.com", Port: 25}}
	accepts := &CatchAll{Accepts: true, Host: "192.0.2.1:25"}
	turned := &CatchAll{Accepts: true, Turned: true, Host: "192.0.2.1:25"}
	for _, tt := range []struct {
		name  string
		d     Domain
		hosts []callout.HostStatus
		want  string // the words
		text  string // is in one of the texts
	}{
		{"never asked", Domain{Mode: "callout", Enforce: true}, nil, "not_asked", "Not asked yet"},
		{"known by its verdicts", Domain{Mode: "callout", Enforce: true, Verdicts: Held{1, 1}}, []callout.HostStatus{up}, "verifies", "Verifies properly"},
		{"known by its probe alone", Domain{Mode: "callout", Enforce: true, CatchAll: &CatchAll{}}, nil, "unproven", "accepted none"},
		{"catch-all", Domain{Mode: "callout", Enforce: true, CatchAll: accepts}, nil, "accepts_everything", "192.0.2.1:25 takes any address"},
		{"catch-all beside a list", Domain{Mode: "list+callout", Enforce: true, Recipients: 3, CatchAll: accepts}, nil, "accepts_everything", ""},
		{"turned into one", Domain{Mode: "callout", Enforce: true, CatchAll: turned}, nil, "suspect", "refused some not long ago"},
		{"nobody was ever accepted", Domain{Mode: "callout", Enforce: true, Verdicts: Held{0, fewRefused}}, nil, "suspect", "none was ever accepted"},
		{"few were refused", Domain{Mode: "callout", Enforce: true, Verdicts: Held{0, fewRefused - 1}}, nil, "unproven", ""},
		{"no host can be asked", Domain{Mode: "callout", Enforce: true, Verdicts: Held{1, 0}}, []callout.HostStatus{down}, "unreachable", "mx2.example.com"},
		{"no host of two can", Domain{Mode: "callout", Enforce: true, Verdicts: Held{1, 0}}, []callout.HostStatus{down, gone}, "unreachable", "mx2.example.com:25: connect: no connection; callout to mx3.example.com:25: queue: timeout"},
		{"one of two can't", Domain{Mode: "callout", Enforce: true, Verdicts: Held{1, 0}}, []callout.HostStatus{up, down}, "trouble verifies", "192.0.2.2:25"},
		{"paused, and away", Domain{Mode: "callout", Enforce: true, Paused: &Pause{}}, []callout.HostStatus{down}, "unreachable paused", "until somebody resumes it"},
		{"paused for a time", Domain{Mode: "callout", Enforce: true, Paused: &Pause{Until: time.Unix(0, 0)}}, nil, "paused not_asked", "1970-01-01T00:00:00Z"},
		{"not enforced", Domain{Mode: "callout"}, nil, "not_enforced not_asked", ""},
		{"listed", Domain{Mode: "list", Enforce: true, Recipients: 1}, []callout.HostStatus{down}, "listed", "one local recipient"},
		{"a list of anybody", Domain{Mode: "list", Enforce: true, Recipients: 2, anybody: true}, nil, "accepts_everything", "stands for anybody"},
		{"and callouts", Domain{Mode: "list+callout", Enforce: true, Recipients: 2, anybody: true, Verdicts: Held{1, 1}}, nil, "accepts_everything", ""},
		{"not in force", Domain{Mode: "callout", Enforce: true, Recipients: 2, anybody: true, Verdicts: Held{1, 1}}, nil, "verifies", ""},
		{"an empty list", Domain{Mode: "list", Enforce: true}, nil, "list_empty", "Deferred"},
		{"off", Domain{Mode: "off", Paused: &Pause{}}, []callout.HostStatus{down}, "off", ""},
	} {
		var words, texts []string
		for _, s := range standings(&tt.d, tt.hosts, "") {
			words, texts = append(words, s.Word), append(texts, s.Text)
			if s.rank() < 0 {
				t.Errorf("%s: %q has no rank", tt.name, s.Word)
			}
		}
		if got := strings.Join(words, " "); got != tt.want || !strings.Contains(strings.Join(texts, " "), tt.text) {
			t.Errorf("%s: %s %q; want %s with %q", tt.name, got, texts, tt.want, tt.text)
		}
	}
}

// Mail that is put off is said of every domain, whatever its mode.
func TestMailThatIsPutOffIsSaidFirst(t *testing.T) {
	for _, d := range []Domain{{Mode: "off"}, {Mode: "callout", Enforce: true, Verdicts: Held{1, 1}}} {
		all := standings(&d, nil, nexthop.Unreachable)
		if len(all) != 2 || all[0].Word != StandsPutOff || !strings.Contains(all[0].Text, "can't be reached") {
			t.Errorf("mode %s: %+v", d.Mode, all)
		}
	}
}
