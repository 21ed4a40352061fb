package decisions_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/decisions"
	"callout/internal/smtpwire"
	"callout/internal/verify"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// question is one for a recipient, "local@domain".
func question(recipient string) *verify.Question {
	local, domain, _ := strings.Cut(recipient, "@")
	return &verify.Question{Recipient: address.New(local, domain), Front: "policy", Client: "192.0.2.1", Sender: "Someone@example.org"}
}

// rejected is a decision on what the cache knows.
var rejected = verify.Decision{
	Action: verify.Reject, Code: 550, Enhanced: smtpwire.Enhanced{Class: 5, Subject: 1, Detail: 1}, Reason: verify.ReasonRecipient,
	Source: verify.FromCache, Verdict: verify.Verdict{
		Status: verify.Invalid, Host: "mx.example.com:25", Asked: noon.Add(-90 * time.Second),
		Reply: verify.Reply{Code: 550, Enhanced: smtpwire.Enhanced{Class: 5, Subject: 1, Detail: 1}, Text: "User unknown"},
	},
}

// accepted is a decision on what a destination said just now.
var accepted = verify.Decision{
	Action: verify.Accept, Reason: verify.ReasonCatchAll, Source: verify.FromCallout,
	Verdict: verify.Verdict{Status: verify.Valid, CatchAll: true, Host: "mx.example.com:25", Reply: verify.Reply{Code: 250, Text: "Ok"}},
}

// added adds n decisions, those of even numbers rejected and the others accepted, for user0@example.com and so on.
func added(l *decisions.Log, from, n int) {
	for i := from; i < from+n; i++ {
		d := &accepted
		if i%2 == 0 {
			d = &rejected
		}
		l.Add(question(fmt.Sprintf("user%d@example.com", i)), d, noon, time.Millisecond)
	}
}

// users returns whom entries are about, "3 2 1".
func users(page []decisions.Entry) string {
	var all []string
	for _, e := range page {
		all = append(all, strings.TrimSuffix(strings.TrimPrefix(e.Recipient, "user"), "@example.com"))
	}
	return strings.Join(all, " ")
}

func numbers(from, step, n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprint(from+i*step))
	}
	return strings.Join(all, " ")
}

func TestAnEntrySaysWhatWasDecidedAndWhy(t *testing.T) {
	l := decisions.NewLog(10)
	l.Add(question("john@example.com"), &rejected, noon, 1500*time.Microsecond)
	watched := accepted
	watched.Would, watched.Code = verify.Defer, 451
	watched.Verdict = verify.Verdict{Problem: &callout.Problem{Kind: callout.Timeout, Stage: callout.StageRcpt}}
	l.Add(question("mary@example.com"), &watched, noon.Add(time.Second), 25*time.Second)
	page, next := l.Page(decisions.Filter{}, 0, 10)
	if len(page) != 2 || next != 0 {
		t.Fatalf("page %+v, next %d", page, next)
	}
	got, err := json.Marshal(page[1])
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"seq":%d,"at":"2026-03-14T12:00:00Z","front":"policy","domain":"example.com","recipient":"john@example.com",`+
		`"action":"reject","verdict":"invalid","reason":"recipient","source":"cache","code":550,"enhanced":"5.1.1",`+
		`"reply":"550 5.1.1 User unknown","host":"mx.example.com:25","age_seconds":90,"client":"192.0.2.1",`+
		`"sender":"Someone@example.org","took_ms":1.5}`, page[1].Seq)
	if string(got) != want {
		t.Errorf("entry\n%s\nwant\n%s", got, want)
	}
	second := page[0]
	if second.Would != "defer" || second.Action != "accept" || second.AgeSeconds != nil || !strings.Contains(second.Problem, "timeout") ||
		second.Seq != page[1].Seq+1 {
		t.Errorf("what is not enforced: %+v", second)
	}
}

func TestPagesLeadFromTheNewestToTheOldestKept(t *testing.T) {
	for _, n := range []int{1, 31, 32, 33, 100, 230} { // decisions; 100 are kept
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			l := decisions.NewLog(100)
			added(l, 0, n)
			var all []string
			for before := uint64(0); ; {
				page, next := l.Page(decisions.Filter{}, before, 7)
				all = append(all, users(page))
				if next == 0 {
					break
				}
				if before = next; len(page) != 7 {
					t.Fatalf("a page of %d before the last", len(page))
				}
			}
			if got, want := strings.Join(all, " "), numbers(n-1, -1, min(n, 100)); got != want {
				t.Errorf("pages have %s, want %s", got, want)
			}
		})
	}
	if page, next := decisions.NewLog(5).Page(decisions.Filter{}, 0, 7); page != nil || next != 0 {
		t.Errorf("an empty log has %v, %d", page, next)
	}
}

func TestAfterGoesOnWhereItWas(t *testing.T) {
	l := decisions.NewLog(100)
	at := l.Last()
	want := func(what, want string, wantLost bool, limit int) {
		t.Helper()
		page, last, lost := l.After(decisions.Filter{}, at, limit)
		if users(page) != want || lost != wantLost {
			t.Errorf("%s: %s, lost %v; want %s, %v", what, users(page), lost, want, wantLost)
		}
		at = last
	}
	want("nothing yet", "", false, 10)
	added(l, 0, 70)
	want("the first of 70", numbers(0, 1, 10), false, 10)
	want("the others", numbers(10, 1, 60), false, 1000)
	want("no more", "", false, 10)
	added(l, 70, 101)
	want("one too many came", numbers(71, 1, 100), true, 1000)
	at = 0
	want("from the beginning", numbers(71, 1, 100), false, 1000)
	if at != l.Last() {
		t.Errorf("looked up to %d of %d", at, l.Last())
	}
	at += 1_000_000
	want("a number of another log", numbers(71, 1, 100), true, 1000)
	at -= 10_000_000
	want("a number of an older log", numbers(71, 1, 100), true, 1000)
	page, last, _ := l.After(decisions.Filter{Domain: "other.example"}, 1, 10)
	if page != nil || last != l.Last() {
		t.Errorf("what selects nothing has looked up to %d of %d: %v", last, l.Last(), page)
	}
}

func TestFiltersSelect(t *testing.T) {
	l := decisions.NewLog(10)
	l.Add(question("John@a.example"), &rejected, noon, 0)
	l.Add(question("mary@b.example"), &accepted, noon, 0)
	gateway := question("mike@a.example")
	gateway.Front, gateway.Client, gateway.Sender = "gateway", "2001:db8::1", ""
	l.Add(gateway, &accepted, noon, 0)
	l.Add(&verify.Question{Front: "policy"}, &verify.Decision{Action: verify.Reject, Code: 550, Reason: verify.ReasonSyntax,
		Verdict: verify.Verdict{Status: verify.Invalid, Problem: &address.SyntaxError{Address: "a b", Reason: "bad"}}}, noon, 0)
	for _, tt := range []struct {
		name string
		f    decisions.Filter
		want string
	}{
		{"all", decisions.Filter{}, " mike@a.example mary@b.example John@a.example"},
		{"domain", decisions.Filter{Domain: "a.example"}, "mike@a.example John@a.example"},
		{"some domains", decisions.Filter{Domains: map[string]bool{"b.example": true}}, "mary@b.example"},
		{"no domains", decisions.Filter{Domains: map[string]bool{}}, ""},
		{"a domain that is not among them", decisions.Filter{Domains: map[string]bool{"b.example": true}, Domain: "a.example"}, ""},
		{"a recipient, in another case", decisions.Filter{Recipient: "jOHN@a.example"}, "John@a.example"},
		{"the beginning of a recipient", decisions.Filter{Recipient: "john@a.exampl"}, ""},
		{"text in the recipient", decisions.Filter{Text: "jOHN@a"}, "John@a.example"},
		{"text in the sender", decisions.Filter{Text: "someone"}, "mary@b.example John@a.example"},
		{"text in the client", decisions.Filter{Text: "2001:DB8"}, "mike@a.example"},
		{"text across two of them", decisions.Filter{Text: "exampleSomeone"}, ""},
		{"action", decisions.Filter{Action: "reject"}, " John@a.example"},
		{"verdict", decisions.Filter{Verdict: "valid"}, "mike@a.example mary@b.example"},
		{"reason", decisions.Filter{Reason: "syntax"}, ""},
		{"source", decisions.Filter{Source: "cache"}, "John@a.example"},
		{"front", decisions.Filter{Front: "gateway"}, "mike@a.example"},
		{"two fields", decisions.Filter{Front: "policy", Verdict: "valid"}, "mary@b.example"},
	} {
		page, _ := l.Page(tt.f, 0, 10)
		if got := strings.Join(recipients(page), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What one is told at once of a decision is what everybody sees of it later, but for its number.
func TestDescribedAsKept(t *testing.T) {
	l := decisions.NewLog(1)
	q := question("john@a.example")
	for _, d := range []*verify.Decision{&rejected, &accepted} {
		l.Add(q, d, noon, time.Second)
		kept, _ := l.Page(decisions.Filter{}, 0, 1)
		kept[0].Seq = 0
		if got := decisions.Describe(q, d, noon, time.Second); !reflect.DeepEqual(got, kept[0]) {
			t.Errorf("described %+v, kept %+v", got, kept[0])
		}
	}
}

func recipients(page []decisions.Entry) (all []string) {
	for _, e := range page {
		all = append(all, e.Recipient)
	}
	return all
}

func TestLongTextsAreCut(t *testing.T) {
	l := decisions.NewLog(2)
	q := question(strings.Repeat("j", 255) + "@" + strings.Repeat("e", 253))
	q.Sender, q.Client = strings.Repeat("ü", 4000), strings.Repeat("1", 4000)
	d := rejected
	d.Verdict.Reply.Text = strings.Repeat("n", 2000)
	d.Verdict.Problem = errors.New(strings.Repeat("p", 5000))
	l.Add(q, &d, noon, 0)
	reply := smtpwire.Reply{Code: 450, Lines: slices.Repeat([]string{strings.Repeat("x", 1900)}, 100)}
	d.Verdict.Problem = &callout.Problem{Kind: callout.Temporary, Reply: reply}
	l.Add(q, &d, noon, 0)
	page, _ := l.Page(decisions.Filter{}, 0, 2)
	for _, e := range page {
		if e.Recipient != q.Recipient.String() || e.Sender != strings.Repeat("ü", 160) || e.Client != strings.Repeat("1", 64) ||
			e.Reply != "550 5.1.1 "+strings.Repeat("n", 500) || len(e.Problem) != 1000 {
			t.Errorf("kept is %+v", e)
		}
	}
	// A place that has held the longest is as good as new.
	added(l, 0, 2)
	if page, _ = l.Page(decisions.Filter{}, 0, 2); users(page) != "1 0" || page[0].Sender != "Someone@example.org" {
		t.Errorf("then it is %+v", page)
	}
}

// What outsiders can make large goes when the decision is made: only its words stay.
func TestNothingLargeIsHeldOnTo(t *testing.T) {
	lines := slices.Repeat([]string{strings.Repeat("x", 1900)}, 2)
	l := decisions.NewLog(10)
	held := func(p *callout.Problem) bool {
		d := verify.Decision{Action: verify.Defer, Verdict: verify.Verdict{Problem: p}}
		l.Add(question("john@example.com"), &d, noon, 0)
		there := weak.Make(p)
		d.Verdict.Problem, p = nil, nil
		runtime.GC()
		return there.Value() != nil
	}
	if held(&callout.Problem{Kind: callout.Temporary, Reply: smtpwire.Reply{Code: 450, Lines: lines}}) {
		t.Error("a problem with a long reply is held on to")
	}
	if held(&callout.Problem{Kind: callout.TLS, Err: errors.New("bad certificate")}) {
		t.Error("a problem of TLS, which may have a certificate in it, is held on to")
	}
	if !held(&callout.Problem{Kind: callout.Temporary, Reply: smtpwire.Reply{Code: 450, Lines: []string{"later"}}}) {
		t.Error("a small problem is not held on to: it has been put in words")
	}
	page, _ := l.Page(decisions.Filter{}, 0, 10)
	if !strings.Contains(page[1].Problem, "bad certificate") || !strings.Contains(page[0].Problem, "450 later") {
		t.Errorf("kept is %+v", page)
	}
	runtime.KeepAlive(l)
}

func TestAddAllocatesNothing(t *testing.T) {
	l := decisions.NewLog(100)
	q := question("john@example.com")
	deferred := verify.Decision{Action: verify.Defer, Code: 451, Verdict: verify.Verdict{Problem: &callout.Problem{Kind: callout.Timeout}}}
	for _, d := range []*verify.Decision{&accepted, &rejected, &deferred} {
		if n := testing.AllocsPerRun(1000, func() { l.Add(q, d, noon, time.Millisecond) }); n != 0 {
			t.Errorf("a decision to %s allocates %v times", d.Action, n)
		}
	}
}

// Whoever reads while decisions are made sees each one whole, and in order.
func TestReadersBesideDecisions(t *testing.T) {
	l := decisions.NewLog(200)
	var adding sync.WaitGroup
	for w := range 2 {
		adding.Go(func() {
			for i := range 20_000 {
				added(l, w*100_000+i, 1)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		adding.Wait()
		close(done)
	}()
	for at, ended := l.Last(), false; !ended; {
		select {
		case <-done:
			ended = true
		default:
		}
		page, last, lost := l.After(decisions.Filter{}, at, 50)
		newest, _ := l.Page(decisions.Filter{Action: "reject"}, 0, 50)
		for _, e := range slices.Concat(page, newest) {
			var n int
			fmt.Sscanf(e.Recipient, "user%d@", &n)
			if want := [...]string{"reject", "accept"}[n%2]; e.Action != want || e.Recipient != fmt.Sprintf("user%d@example.com", n) {
				t.Fatalf("%+v is not whole", e)
			}
		}
		for i, e := range page {
			if i > 0 && (e.Seq <= page[i-1].Seq || e.Seq != page[i-1].Seq+1 && !lost) {
				t.Fatalf("%d follows on %d, lost %v", e.Seq, page[i-1].Seq, lost)
			}
		}
		at = last
	}
}

// The number of a decision tells when it was made, and not how many there were of others.
func TestNumbersAreTimes(t *testing.T) {
	l := decisions.NewLog(10)
	at := time.Now().Add(time.Minute)
	for i := range 3 {
		l.Add(question("john@a.example"), &rejected, at.Add(time.Duration(i)*time.Second), 0)
	}
	l.Add(question("john@a.example"), &rejected, at, 0) // one that was made before
	page, _ := l.Page(decisions.Filter{}, 0, 10)
	second := uint64(at.Add(time.Second).UnixMicro())
	want := []uint64{second + 1_000_001, second + 1_000_000, second, second - 1_000_000}
	for i, e := range page {
		if e.Seq != want[i] {
			t.Errorf("decision %d has the number %d; want %d", i, e.Seq, want[i])
		}
	}
}
