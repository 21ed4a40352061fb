package api_test

import (
	"strings"
	"testing"
)

// A number is of the list of decisions, which what people ask for is not looked up in.
func TestAnAnswerHasNoNumber(t *testing.T) {
	f := start(t)
	status, _, body := f.do(t, "POST", "verify", `{"recipient":"john@example.com"}`)
	if status != 200 || strings.Contains(body, `"seq"`) || !strings.Contains(body, `"action":"accept"`) {
		t.Errorf("%d %s", status, body)
	}
	if _, _, body := f.do(t, "GET", "decisions", ""); !strings.Contains(body, `"seq":`) {
		t.Error(body)
	}
}
