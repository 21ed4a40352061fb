package operate

import (
	"strings"
	"testing"
)

func TestACrowdHasABoundInAllAndForEach(t *testing.T) {
	c := &Crowd{Most: 3, Each: 2, What: "imports"}
	leave, err := c.Admit("anna")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		user string
		in   bool
	}{{"anna", true}, {"anna", false}, {"bert", true}, {"carl", false}} {
		if _, err := c.Admit(step.user); (err == nil) != step.in || err != nil && (KindOf(err) != Busy || !strings.HasPrefix(err.Error(), "too many imports at a time; ")) {
			t.Errorf("%s: %v", step.user, err)
		}
	}
	leave()
	if _, err := c.Admit("anna"); err != nil || c.Len() != 3 {
		t.Errorf("after one has left: %v, %d", err, c.Len())
	}
}
