package web

import (
	"net/http"
	"testing"
)

func TestADomainSaysHowItStands(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Admin.get("/domains/example.com").status(http.StatusOK).shows("i Not asked yet Test an address to see how it answers. Test an address",
		"Mode callout: its destinations are asked", "Aliases example.org", "Verdicts are kept 2 d when valid, 2 h when invalid", "Catch-all not known yet", h.At+" 1. – not asked yet")
	h.know("john@example.com", "nobody@example.com", "any@other.test")
	h.Admin.get("/domains/example.com").shows("✓ Verifies properly The destination tells recipients that exist from those that don't.",
		"No: "+h.At+" refused a random address", "550 5.1.1", "1 valid, 1 invalid", h.At+" 1. ✓ up")
	h.Admin.get("/domains/other.test").shows("! Accepts everything "+h.At+" takes any address", "Run the doctor: it says how", "Yes: "+h.At+" took a random address")
	h.Admin.get("/domains/list.test").shows("✕ Deferred Its mode is list, and no recipients are listed.", "Add recipients", "It has none: nobody is asked.")
	h.Admin.get("/domains/example.org").shows("An alias of example.com").hides("/domains/example.org/edit")
	h.Admin.get("/domains/never.test").status(http.StatusNotFound).shows("domain never.test is not served")
	h.User.get("/domains/example.com").status(http.StatusOK).shows("Verifies properly", h.At+" 1. ✓ up").hides("/destinations/", "other.test", "Pause")
}

func TestADomainIsPausedAndResumed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Admin.get("/domains/example.com").shows("For how long 30 minutes", "until it is resumed")
	h.Admin.post("/domains/example.com/pause", "length", "30m").at("/domains/example.com").
		shows("Paused: all recipients of the domain are accepted until 20", "! Paused Everything is accepted until ", "it ends in 30 min", "Enforced not while it is paused")
	h.Admin.get("/domains").shows("! Paused", "ends in 30 min")
	h.Admin.post("/domains/example.com/resume").at("/domains/example.com").shows("Resumed: verdicts count again.").hides("it ends in")
	h.Admin.post("/domains/example.com/pause", "length", "").shows("until it is resumed: every recipient is accepted")
	h.Admin.post("/domains/example.com/pause", "length", "sometimes").status(http.StatusUnprocessableEntity).shows("no duration")
	_, err := h.Desk.Pause(t.Context(), h.Root, "", "1h")
	check(t, err)
	h.Admin.get("/domains/other.test").shows("Everything is paused, this domain too").hides("other.test/resume")
	for _, path := range []string{"pause", "resume"} {
		h.User.post("/domains/example.com/"+path, "length", "1h").status(http.StatusForbidden)
	}
}
