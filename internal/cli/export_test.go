package cli_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// What does not fit on a page of the API is exported all the same.
func TestAnExportHasEveryPage(t *testing.T) {
	url := distant(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query().Get("limit"); got != "100000" {
			t.Errorf("a page of %s", got)
		}
		switch r.URL.Query().Get("cursor") {
		case "":
			fmt.Fprint(w, `{"file": ["office"], "stored": ["a"], "next": "c1"}`)
		case "c1":
			fmt.Fprint(w, `{"file": [], "stored": ["#b", "\u00a0c"], "next": "c2"}`)
		case "c2":
			fmt.Fprint(w, `{"file": [], "stored": ["d"], "next": "c2"}`) // repeats itself
		}
	})
	exit, out, err := verb(t, "recipients", "export", "example.com", "--url", url, "--token", "callout_x")
	if exit != 0 || out != "a\n\"#b\"\n\"\u00a0c\"\nd\n" {
		t.Errorf("exit %d, %q, %s", exit, out, err)
	}
}

func TestWhatIsNoCSVIsNotPrinted(t *testing.T) {
	for _, one := range []struct {
		kind, body, out, want string
		length                int
	}{
		{"text/html", "<p>hello", "", "answered with no CSV (text/html); is the URL that of Callout?\n", 8},
		{"text/csv; charset=utf-8", "recipient,origin\n", "recipient,origin\n", "the CSV breaks off: unexpected EOF; what was printed is not all\n", 100},
	} {
		url := distant(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", one.kind)
			w.Header().Set("Content-Length", fmt.Sprint(one.length))
			fmt.Fprint(w, one.body)
		})
		exit, out, err := verb(t, "recipients", "export", "example.com", "--csv", "--url", url, "--token", "callout_x")
		if exit != 1 || out != one.out || !strings.HasSuffix(err, one.want) {
			t.Errorf("%s: exit %d, %q, %s", one.kind, exit, out, err)
		}
	}
}
