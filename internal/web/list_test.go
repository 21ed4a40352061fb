package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var testSpec = ListSpec{Filters: []string{"q", "verdict"}, Sorts: []string{"address", "asked"}, Columns: []Column{
	{Key: "address", Label: "Recipient"}, {Label: "Verdict"}, {Key: "asked", Label: "Asked"},
}}

func listOf(url string) *List { return ReadList(httptest.NewRequest("GET", url, nil), testSpec) }

func TestTheStateOfAListIsItsURL(t *testing.T) {
	l := listOf("/cache?q=a%26b&verdict=invalid&sort=-asked&after=CURSOR&evil=1")
	for what, c := range map[string][2]string{
		"filter": {l.Get("q"), "a&b"}, "first": {l.First(), "/cache?q=a%26b&sort=-asked&verdict=invalid"},
		"another filter begins at the first page": {l.With("verdict", "valid"), "/cache?q=a%26b&sort=-asked&verdict=valid"},
		"a filter taken away":                     {l.With("q", ""), "/cache?sort=-asked&verdict=invalid"},
		"no filter":                               {l.Clear(), "/cache?sort=-asked"},
		"next":                                    {l.After("N+1"), "/cache?after=N%2B1&q=a%26b&sort=-asked&verdict=invalid"},
		"previous":                                {l.Before("P"), "/cache?before=P&q=a%26b&sort=-asked&verdict=invalid"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %s, want %s", what, c[0], c[1])
		}
	}
	if key, descending := l.Sort(); key != "asked" || !descending {
		t.Error(key, descending)
	}
	if cursor, back := l.Cursor(); cursor != "CURSOR" || back {
		t.Error(cursor, back)
	}
	if !l.Filtered() || listOf("/cache?sort=asked").Filtered() {
		t.Error("filtered or not")
	}
}

func TestUnknownStateIsIgnored(t *testing.T) {
	l := listOf("/cache?sort=password&q=" + strings.Repeat("a", valueLimit+1) + "&before=&x=y")
	if key, descending := l.Sort(); key != "address" || descending {
		t.Error(key, descending)
	}
	if got := l.First(); got != "/cache" {
		t.Error(got)
	}
}

func TestAHeadSortsAndTurnsRound(t *testing.T) {
	for url, want := range map[string][3]string{
		"/c":                        {"/c?sort=-address", "ascending", "/c?sort=asked"},
		"/c?sort=-asked":            {"/c", "", "/c?sort=asked"},
		"/c?sort=asked&after=x&q=1": {"/c?q=1", "", "/c?q=1&sort=-asked"},
	} {
		heads := listOf(url).Heads()
		if got := [3]string{heads[0].URL, heads[0].Aria, heads[2].URL}; got != want {
			t.Errorf("%s: %v, want %v", url, got, want)
		}
		if heads[1].URL != "" {
			t.Error("a column without a key sorts")
		}
	}
}

// A part that is replaced in place gives the keyboard its place back by ids.
func TestWhatStandsInAPartThatIsReplacedHasAnID(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com")
	h.User.post("/domains/example.com/recipients", "do", "add", "add", "john")
	_, err := h.Desk.Pause(t.Context(), h.Root, "", "1h")
	check(t, err)
	for path, ids := range map[string][]string{
		"/domains/example.com/verdicts?q=j":   {`<button id="clear-selected"`, `<input id="tick-all"`, `<a id="clear-filter"`},
		"/domains/example.com/recipients?q=j": {`<button id="remove-selected"`, `<input id="tick-all"`, `<a id="clear-filter"`},
		"/":                                   {`<button id="resume-all"`, `<a id="tile-0"`},
	} {
		page := h.Admin.get(path).status(http.StatusOK)
		for _, id := range ids {
			if n := strings.Count(page.Body, id); n != 1 {
				t.Errorf("%s has %d of %s", path, n, id)
			}
		}
	}
}
