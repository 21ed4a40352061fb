package api_test

import (
	"encoding/json"
	"fmt"
	"testing"
)

// A cursor is good for the list that it came with, in the order of that, and for no other.
func TestCursorsAreOfOneList(t *testing.T) {
	f := start(t)
	f.steps(t, []step{{"PUT", "users/boss", `{"role":"admin","password":"correct horse"}`, 201, nil}})
	for i := range 3 {
		f.steps(t, []step{
			{"PUT", fmt.Sprintf("domains/d%d.example", i), `{"destinations":["HOST"]}`, 201, nil},
			{"PUT", fmt.Sprintf("users/u%d", i), `{"role":"domain","domains":["example.com"],"password":"correct horse"}`, 201, nil},
			{"POST", "tokens", `{"label":"x","role":"admin"}`, 201, nil},
			{"PATCH", "domains/example.com/recipients", fmt.Sprintf(`{"add":["r%d"]}`, i), 200, nil},
		})
		f.decide(t, fmt.Sprintf("nobody%d@example.com", i))
		f.decide(t, fmt.Sprintf("nobody%d@catchall.example", i))
	}
	f.steps(t, []step{{"PATCH", "domains/d1.example/recipients", `{"add":["r1","r2"]}`, 200, nil}})
	lists := []string{"domains?", "domains?sort=-name&", "domains?sort=trouble&", "users?", "tokens?", "audit?", "decisions?",
		"domains/example.com/recipients?", "domains/d1.example/recipients?", "domains/example.com/verdicts?"}
	cursors := map[string]string{}
	for _, list := range lists {
		var page struct{ Next string }
		_, _, body := f.do(t, "GET", list+"limit=1", "")
		check(t, json.Unmarshal([]byte(body), &page))
		if cursors[list] = page.Next; page.Next == "" {
			t.Fatalf("%s has no second page: %s", list, body)
		}
	}
	for _, list := range append(lists, "alerts?past=true&", "domains/d2.example/verdicts?") {
		for of, cursor := range cursors {
			want := 400
			if of == list {
				want = 200
			}
			if r := f.send(t, request{method: "GET", path: list + "limit=1&cursor=" + cursor}); r.status != want {
				t.Errorf("%s with a cursor of %s: %d %s", list, of, r.status, r.body)
			}
		}
	}
}
