package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"callout/internal/api"
	"callout/internal/callout"
	"callout/internal/operate"
	"callout/internal/verify"
)

const listed = `
[[domain]]
name = "example.com"
aliases = ["example.org"]
destinations = ["HOST"]
mode = "list+callout"
recipients = ["office", "sales-*"]
`

func TestRecipients(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	const path = "domains/example.com/recipients"
	f.steps(t, []step{
		{"GET", path, "", 200, []string{`{"domain":"example.com","file":["office","sales-*"],"stored":[],"total":2}`}},
		{"PATCH", path, `{"add":["Jane","\"mary ann\"","x@example.org","jane"]}`, 200, []string{`{"domain":"example.com","added":3,"removed":0}`}},
		{"PATCH", path, `{"add":["jane"],"remove":["X","nobody"]}`, 200, []string{`"added":0,"removed":1`}},
		{"GET", "domains/EXAMPLE.org/recipients", "", 200, []string{`{"domain":"example.com","file":["office","sales-*"],"stored":["\"mary ann\"","jane"],"total":4}`}},
		{"GET", path + "?query=AN", "", 200, []string{`"file":[],"stored":["\"mary ann\"","jane"],"total":2}`}},
		{"GET", path + "?query=le", "", 200, []string{`"file":["sales-*"],"stored":[],"total":1}`}},
		{"PUT", path, `{"recipients":["adam","eve"]}`, 200, []string{`{"domain":"example.com","stored":2}`}},
		{"GET", path, "", 200, []string{`"file":["office","sales-*"],"stored":["adam","eve"],"total":4}`}},
		{"GET", "domains/example.org", "", 200, []string{`"name":"example.org","alias_of":"example.com"`, `"mode":"list+callout"`, `"recipients":4`}},
		{"GET", "verdicts/adam@example.org", "", 200, []string{`"status":"valid","local":"listed"`}},
		{"GET", "verdicts/nobody@example.org", "", 200, []string{`{"recipient":"nobody@example.org","status":"unknown"}`}},

		// What can't be used changes nothing, and is named.
		{"PATCH", path, `{"add":["good","bad address@example.com"]}`, 422, []string{`bad address@example.com`, "is not a local recipient"}},
		{"PATCH", path, `{"add":["good","john@elsewhere.example"]}`, 422, []string{`john@elsewhere.example`, "is not at this domain", "example.com, example.org"}},
		{"PUT", path, `{"recipients":["good","@"]}`, 422, []string{"is not a local recipient"}},
		{"PUT", path, `{}`, 422, []string{"the body has no recipients"}},
		{"PUT", path, `{"recipients":null}`, 422, []string{"the body has no recipients"}},
		{"PUT", path, `{"recipients":[1]}`, 422, []string{"recipients does not take a number", "write for example"}},
		{"PUT", path, `["john"]`, 422, []string{"it is no JSON object"}},
		{"PUT", path, `{"recipients":["a"`, 422, []string{"ends too early"}},
		{"PUT", path, `{"recipients":["a"]} {}`, 422, []string{"something follows"}},
		{"PATCH", path, `{"added":["a"]}`, 422, []string{`unknown field \"added\"`}},
		{"PUT", path, `{"recipients":["` + strings.Repeat("a", 16<<20) + `"],"total":4}`, 413, []string{"longer than 16 MiB"}},
		{"GET", path, "", 200, []string{`"stored":["adam","eve"],"total":4}`}},

		{"GET", path + "?cursor=junk", "", 400, []string{"cursor"}},
		{"GET", path + "?cursor=!", "", 400, []string{"cursor"}},
		{"GET", path + "?limit=100001", "", 400, []string{"limit"}},
		{"GET", "domains/elsewhere.example/recipients", "", 404, []string{"is not served"}},
		{"PUT", "domains/elsewhere.example/recipients", `{"recipients":[]}`, 404, []string{"is not served"}},
		{"PATCH", "domains/elsewhere.example/recipients", `{}`, 404, []string{"is not served"}},
		{"PATCH", "domains/-/recipients", `{}`, 400, []string{"is not a domain name"}},
		{"PUT", path, `{"recipients":[]}`, 200, []string{`"stored":0`}},
		{"GET", path, "", 200, []string{`"stored":[],"total":2}`}},
	})
}

// Local recipients count for the next question.
func TestRecipientsCountAtOnce(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	if d := f.decide(t, "new@example.org"); d.Action != verify.Reject {
		t.Fatalf("%+v", d)
	}
	f.steps(t, []step{{"PATCH", "domains/example.com/recipients", `{"add":["new"]}`, 200, nil}})
	if d := f.decide(t, "new@example.org"); d.Action != verify.Accept || d.Reason != verify.ReasonListed {
		t.Errorf("%+v", d)
	}
}

// Pages join into the whole list, the file's first, whatever the filter, and the last has no cursor.
func TestRecipientPages(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	var want []string
	for n := range 30 {
		want = append(want, fmt.Sprintf("user%02d", n))
	}
	body, err := json.Marshal(api.RecipientList{Recipients: &want})
	if err != nil {
		t.Fatal(err)
	}
	f.steps(t, []step{{"PUT", "domains/example.com/recipients", string(body), 200, []string{`"stored":30`}}})
	want = append([]string{"office", "sales-*"}, want...)
	for _, size := range []int{1, 2, 7, 31, 32, 33} {
		var got []string
		pages, cursor := 0, ""
		for {
			_, _, body := f.do(t, "GET", fmt.Sprintf("domains/example.com/recipients?limit=%d&cursor=%s", size, url.QueryEscape(cursor)), "")
			var page operate.RecipientPage
			if err := json.Unmarshal([]byte(body), &page); err != nil {
				t.Fatal(err)
			}
			got = append(append(got, page.File...), page.Stored...)
			pages++
			if cursor = page.Next; cursor == "" || pages > 100 {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %d: %v", size, got)
		}
		if least := (len(want) + size - 1) / size; pages != least {
			t.Errorf("by %d: %d pages, not %d", size, pages, least)
		}
	}
}
