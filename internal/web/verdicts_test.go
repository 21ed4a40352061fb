package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"callout/internal/store"
)

// remember puts verdicts of example.com into the store, as a destination would have them.
func (h *house) remember(status store.Status, text string, locals ...string) {
	h.t.Helper()
	var all []store.Verdict
	code, enhanced := 250, "2.1.5"
	if status == store.Invalid {
		code, enhanced = 550, "5.1.1"
	}
	asked := time.Now().Add(-10*time.Minute - 5*time.Second)
	epoch := h.Domains.Lookup("example.com").Epoch
	for _, local := range locals {
		all = append(all, store.Verdict{Domain: "example.com", Local: local, Status: status, Code: code, Enhanced: enhanced, Text: text,
			Host: "mx.example.com:25", Asked: asked, Expires: asked.Add(48 * time.Hour), Epoch: epoch})
	}
	check(h.t, h.Store.Write(h.t.Context(), store.Batch{Verdicts: all}))
}

func TestCachedRecipientsAreSearched(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.User.get("/domains/example.com/verdicts").status(http.StatusOK).shows("No cached recipients They come as mail comes.")
	h.remember(store.Valid, "Ok", "anna", "anna.berg", "bert.anna")
	h.remember(store.Invalid, "no such <b>user</b>", "annabel", "zoe")
	page := "/domains/example.com/verdicts"
	all := h.User.get(page).shows("anna@example.com ✓ valid 10 min ago 47 h 50 min 250 2.1.5 Ok — mx.example.com:25 Clear",
		"annabel@example.com ✕ invalid 10 min ago 1 h 50 min", "550 5.1.1 no such <b>user</b>", "5 recipients on this page, 5 kept")
	if strings.Contains(all.Body, "<b>") {
		t.Error("markup of a destination is markup of the page")
	}
	h.User.get(page+"?q=ANNA").shows("anna.berg@", "annabel@").hides("bert.anna", "zoe")
	h.User.get(page+"?q=anna.b%40example.com").shows("anna.berg@", "1 recipient on this page")
	h.User.get(page+"?q=anna&how=anywhere").shows("bert.anna@", "annabel@").hides("zoe")
	h.User.get(page + "?q=anna&verdict=invalid").shows("annabel@").hides("anna.berg")
	h.User.get(page+"?q=nobody").shows("No cached recipient fits", "Search anywhere in the address", "Show all")
	h.User.get(page + "?verdict=odd").status(http.StatusBadRequest)
	h.User.get(page + "?after=odd").status(http.StatusBadRequest)
}

func TestPagesOfCachedRecipients(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var locals []string
	for i := range 250 {
		locals = append(locals, fmt.Sprintf("r%03d", i))
	}
	h.remember(store.Valid, "Ok", locals...)
	first := h.Admin.get("/domains/example.com/verdicts?q=r").shows("r000@", "r099@", "100 recipients on this page").hides("r100@")
	second := h.Admin.get(first.link("Next →")).shows("r100@", "r199@").hides("r099@", "r200@")
	h.Admin.get(second.link("Next →")).shows("r200@", "r249@").hides("Next →</a>", "r199@")
	h.Admin.get(second.link("← Previous")).shows("r000@", "r099@").hides("r100@", "← Previous</a>")
}

func TestCachedRecipientsAreCleared(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const list = "/domains/example.com/verdicts"
	h.remember(store.Valid, "Ok", "v1", "v2", "v3", "v4")
	h.remember(store.Invalid, "no", "i1", "i2", "i3")
	back := list + "?verdict=valid"

	h.User.post("/domains/example.com/clear", "one", "v1@example.com", "back", back).at(back).shows("Cleared: 1 cached verdict went.", "v2@").hides("v1@")

	confirm := h.User.post("/domains/example.com/clear", "what", "selected", "sel", "v2@example.com", "sel", "i1@example.com", "back", back).
		shows("This clears what is known of 2 recipients of example.com: v2@example.com, i1@example.com.", "Clear 2 recipients")
	h.User.get(list).shows("v2@", "i1@")
	h.User.post("/domains/example.com/clear", confirm.fields()...).at(back).shows("Cleared: 2 cached verdicts went.", "v3@").hides("v2@")

	confirm = h.User.get("/domains/example.com/clear?what=invalid").
		shows("This clears 2 verdicts of example.com and its alias that say that a recipient does not exist", "The 2 valid ones stay.")
	h.User.post("/domains/example.com/clear", confirm.fields()...).at(list).shows("Cleared: 2 cached verdicts went.", "v3@", "v4@").hides("i2@")

	confirm = h.User.get("/domains/example.com/clear?what=all").shows("This clears 2 verdicts of example.com and its alias", "Settings and local recipients stay.")
	h.User.post("/domains/example.com/clear", confirm.fields()...).shows("Cleared: 2 cached verdicts went.", "No cached recipients")

	h.User.get("/domains/example.com/clear?what=else").status(http.StatusBadRequest)
	h.User.post("/domains/example.com/clear", "what", "else", "sure", "yes").status(http.StatusBadRequest)
	h.User.post("/domains/example.com/clear", "what", "selected", "back", "//evil.test").at(list)
	h.User.post("/domains/example.com/clear", "what", "all", "sure", "yes", "back", "https://evil.test/").at(list)
	h.User.post("/domains/example.com/clear", "what", "selected", "sel", strings.Repeat("x", 3)+"@example.com", "sure", "yes").shows("Cleared: 0 cached verdicts went.")
}

func TestACatchAllIsSaidAboveItsRecipients(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("any@other.test")
	h.Admin.get("/domains/other.test/verdicts").shows("! Accepts everything "+h.At+" takes any address: every recipient counts as valid", "any@other.test ✓ valid")
}
