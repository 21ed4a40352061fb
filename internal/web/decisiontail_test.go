package web

import (
	"bufio"
	"context"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/access"
	"callout/internal/decisions"
	"callout/internal/operate"
)

// listener reads a live tail.
type listener struct {
	t     testing.TB
	reads *bufio.Scanner
	id    string // of the last event
}

// listen begins to read a tail. The answer has begun when it returns.
func (b *visitor) listen(path, lastID string) *listener {
	t := b.h.t
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.h.URL+path, nil)
	check(t, err)
	r.Header.Set("Accept", "text/event-stream")
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	answer, err := b.client.Do(r)
	check(t, err)
	t.Cleanup(func() {
		cancel()
		answer.Body.Close()
	})
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s: %d %s", path, answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	return &listener{t: t, reads: bufio.NewScanner(answer.Body)}
}

// next returns the next decision; false when the tail has ended.
func (l *listener) next() (row decisionRow, ok bool) {
	l.t.Helper()
	for l.reads.Scan() {
		line := l.reads.Text()
		if id, is := strings.CutPrefix(line, "id: "); is {
			l.id = id
		}
		if data, is := strings.CutPrefix(line, "data: "); is {
			check(l.t, json.Unmarshal([]byte(data), &row))
			return row, true
		}
	}
	return row, false
}

var tailOf = regexp.MustCompile(`data-tail="([^"]*)"`)

// tail is where a page's new decisions come from.
func (s *seen) tail() string {
	s.t.Helper()
	m := tailOf.FindStringSubmatch(s.Body)
	if m == nil {
		s.t.Fatalf("%s has no tail", s.what)
	}
	return html.UnescapeString(m[1])
}

func TestNewDecisionsComeInAsTheyAreMade(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("one@other.test")
	url := h.Admin.get("/decisions").tail()
	h.know("john@example.com") // between the page and its tail
	tail := h.Admin.listen(url, "")
	if row, _ := tail.next(); row.Recipient != "john@example.com" || row.Action != "accept" || row.Verdict != "valid" || row.Source != "asked" || row.At == "" || row.Why == "" {
		t.Errorf("told %+v", row)
	}
	first := tail.id
	h.know("nobody@example.com")
	_, err := h.Desk.Verify(t.Context(), h.Root, "any@other.test", false, nil)
	check(t, err)
	if row, _ := tail.next(); row.Recipient != "nobody@example.com" || row.Action != "reject" || !strings.Contains(row.Why, "550 5.1.1") || row.Told != "550 5.1.1" {
		t.Errorf("told %+v", row)
	}
	if row, _ := tail.next(); row.Recipient != "any@other.test" || row.CatchAll != "catch_all" || row.Marks != "catch-all" {
		t.Errorf("told %+v", row)
	}
	again := h.Admin.listen(url, first) // as a browser does whose connection was gone
	if row, _ := again.next(); row.Recipient != "nobody@example.com" {
		t.Errorf("after %s it goes on with %+v", first, row)
	}
}

func TestATailIsFilteredAsItsPageIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("mary@example.com", "mary@other.test")
	empty := h.Admin.get("/decisions?recipient=john@example.com").tail()
	admin := h.Admin.listen(h.Admin.get("/decisions?action=reject&domain=example.com").tail(), "")
	user := h.User.listen(h.User.get("/decisions").tail(), "")
	h.know("any@other.test", "john@example.com", "nobody@example.com")
	if row, _ := h.Admin.listen(empty, "").next(); row.Recipient != "john@example.com" { // made between the page and its tail
		t.Errorf("told %+v", row)
	}
	if row, _ := admin.next(); row.Recipient != "nobody@example.com" {
		t.Errorf("told %+v", row)
	}
	for _, want := range []string{"john@example.com", "nobody@example.com"} {
		if row, _ := user.next(); row.Recipient != want {
			t.Errorf("a domain user is told %+v, want %s", row, want)
		}
	}
	h.User.get("/decisions/tail?domain=other.test").status(http.StatusNotFound)
	h.Admin.get("/decisions/tail?action=explode").status(http.StatusBadRequest)
	h.Stranger.get("/decisions/tail").at("/login?next=%2Fdecisions%2Ftail")
}

func TestATailFollowsWhatItsUserMaySee(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("mary@example.com")
	tail := h.User.listen(h.User.get("/decisions").tail(), "")
	one := h.User.listen(h.User.get("/decisions?domain=example.com").tail(), "")
	h.know("john@example.com")
	for _, l := range []*listener{tail, one} {
		if row, _ := l.next(); row.Recipient != "john@example.com" {
			t.Errorf("told %+v", row)
		}
	}
	_, err := h.Access.ChangeUser(t.Context(), "user", access.UserChange{Domains: []string{"other.test"}})
	check(t, err)
	h.know("nobody@example.com", "any@other.test")
	if row, _ := tail.next(); row.Recipient != "any@other.test" {
		t.Errorf("told %+v, and only other.test is theirs now", row)
	}
	if row, ok := one.next(); ok {
		t.Errorf("told %+v of a domain that is no longer theirs", row)
	}
}

func TestATailEndsWithTheLoginOfItsUser(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, h *house){
		"logged out": func(_ *testing.T, h *house) { h.User.post("/logout") },
		"another password": func(t *testing.T, h *house) {
			_, err := h.Access.ChangeUser(t.Context(), "user", access.UserChange{Password: "another password"})
			check(t, err)
		},
		"removed": func(t *testing.T, h *house) { check(t, h.Access.DeleteUser(t.Context(), "user")) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			tail := h.User.listen(h.User.get("/decisions").tail(), "")
			elsewhere := h.Admin.listen(h.Admin.get("/decisions").tail(), "")
			end(t, h)
			h.know("john@example.com")
			if row, ok := tail.next(); ok {
				t.Errorf("told %+v", row)
			}
			if row, _ := elsewhere.next(); row.Recipient != "john@example.com" {
				t.Errorf("another's tail is told %+v", row)
			}
		})
	}
}

func TestSoManyTailsAreOpenAtATime(t *testing.T) {
	c := &operate.Crowd{Most: 3, Each: 2, What: "live pages"}
	var leaves []func()
	for _, user := range []string{"a", "a", "b"} {
		leave, err := c.Admit(user)
		check(t, err)
		leaves = append(leaves, leave)
	}
	for _, user := range []string{"a", "b"} {
		if _, err := c.Admit(user); operate.KindOf(err) != operate.Busy {
			t.Errorf("%s was let in: %v", user, err)
		}
	}
	leaves[2]()
	if _, err := c.Admit("a"); err == nil {
		t.Error("a third of one user was let in")
	}
	leaves[0]()
	if _, err := c.Admit("a"); err != nil {
		t.Error(err)
	}
}

func TestAQuietTailBeatsAndEndsAfterItsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := httptest.NewRecorder()
		one := &tail{w: w, conn: http.NewResponseController(w), now: time.Now, places: newDecisionPlaces(), last: func() uint64 { return 0 }}
		begun, ended := time.Now(), false
		one.follow(t.Context(), func(ctx context.Context, _ func([]operate.Decision, bool) error) error {
			<-ctx.Done()
			ended = true
			return ctx.Err()
		})
		if lived := time.Since(begun); lived != tailLife || !ended {
			t.Errorf("it lived %s, and its watch has ended: %v", lived, ended)
		}
		if n, want := strings.Count(w.Body.String(), "event: beat\n"), int(tailLife/tailBeat); n < want-1 || n > want {
			t.Errorf("%d beats, want %d", n, want)
		}
	})
}

func TestATailSaysWhenSomeWereMissed(t *testing.T) {
	w := httptest.NewRecorder()
	one := &tail{w: w, conn: http.NewResponseController(w), now: time.Now}
	check(t, one.tell(batch{page: []operate.Decision{{Entry: decisions.Entry{Seq: 7, Recipient: "<b>\n@example.com"}}}, lost: true}))
	body := w.Body.String()
	if !strings.HasPrefix(body, "event: lost\ndata: {}\n\nid: 7\ndata: {") || strings.Contains(body, "<b>") || strings.Count(body, "\n") != 6 {
		t.Errorf("%q", body)
	}
}

// What a quiet filter passes over is known to a browser that comes again, a beat after it has passed.
func TestABeatSaysHowFarATailIs(t *testing.T) {
	last, places := uint64(7), newDecisionPlaces()
	w := httptest.NewRecorder()
	one := &tail{w: w, conn: http.NewResponseController(w), now: time.Now, places: places, last: func() uint64 { return last }, seen: 5, told: 5}
	far := func(want uint64, why string) {
		t.Helper()
		place, ok := strings.CutPrefix(strings.TrimSuffix(one.beat(), "\ndata: {}\n\n"), "event: beat\nid: ")
		if got := places.number(place); !ok || got != want {
			t.Errorf("%s: it is at %d, want %d", why, got, want)
		}
	}
	far(5, "7 may not have been told yet")
	last = 9
	far(7, "7 was the last one a beat ago")
	check(t, one.tell(batch{page: []operate.Decision{{Entry: decisions.Entry{Seq: 12}}}}))
	far(12, "12 was told")
}

// What happens at other domains, and when, can't be read from where a tail of one's own goes on.
func TestAPlaceAmongDecisionsTellsNothing(t *testing.T) {
	p := newDecisionPlaces()
	a, b, c := p.after(1_795_818_065_000_001), p.after(1_795_818_065_000_001), p.after(7)
	if a == b || len(a) != len(c) || strings.Contains(a, "17958180650") {
		t.Errorf("places %s, %s and %s", a, b, c)
	}
	for place, want := range map[string]uint64{
		a: 1_795_818_065_000_001, c: 7, "": 0, "12": 12, // the number of one that was told
		newDecisionPlaces().after(7): 1, a[1:]: 1, "x": 1, "-1": 1, strings.Repeat("9", 30): 1,
	} {
		if got := p.number(place); got != want {
			t.Errorf("%q is behind %d, want %d", place, got, want)
		}
	}
}

// Whoever sees nothing yet misses nothing either, and does not hear of others'.
func TestTheTailOfAnEmptyPageBeginsWhereThePageWasMade(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("old@other.test")
	empty := h.User.get("/decisions").tail()
	h.know("one@other.test", "john@example.com")
	tail := h.User.listen(empty, "")
	h.know("mary@example.com")
	for _, want := range []string{"john@example.com", "mary@example.com"} {
		if row, _ := tail.next(); row.Recipient != want {
			t.Errorf("told %+v, want %s", row, want)
		}
	}
}
