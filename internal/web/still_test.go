package web

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"

	"callout/internal/access"
)

// doAsked sends a request once the server wants its body, and does something before that is sent: the server knows by then who
// sends it.
func (b *visitor) doAsked(r *http.Request, before func()) *seen {
	b.h.t.Helper()
	asked := false
	r.Header.Set("Expect", "100-continue")
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{Got100Continue: func() {
		if !asked { // again where a redirect is followed
			asked = true
			before()
		}
	}}))
	transport := &http.Transport{ExpectContinueTimeout: 1 << 40}
	defer transport.CloseIdleConnections()
	other := &visitor{b.h, &http.Client{Jar: b.client.Jar, Transport: transport}}
	s := other.do(r)
	if !asked {
		b.h.t.Errorf("%s: the body was not asked for", s.what)
	}
	return s
}

// What somebody sends who is gone, or may less, once it is there changes nothing.
func TestAFormWhoseSenderIsGoneChangesNothing(t *testing.T) {
	t.Parallel()
	upload := func(h *house, script bool) *http.Request {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		check(t, form.WriteField("how", "add"))
		part, err := form.CreateFormFile("file", "list.csv")
		check(t, err)
		_, err = io.WriteString(part, "zoe\n")
		check(t, err)
		check(t, form.Close())
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/domains/example.com/recipients/import", &body)
		check(t, err)
		r.Header.Set("Content-Type", form.FormDataContentType())
		if script {
			r.Header.Set("Accept", "text/event-stream")
		}
		return r
	}
	for what, request := range map[string]func(h *house) *http.Request{
		"a form": func(h *house) *http.Request {
			return h.User.form("/domains/example.com/recipients", []string{"do", "add", "add", "zoe"})
		},
		"a file":             func(h *house) *http.Request { return upload(h, false) },
		"a file with script": func(h *house) *http.Request { return upload(h, true) },
	} {
		for how, c := range map[string]struct {
			end  func(h *house)
			less bool
		}{
			"is removed":     {end: func(h *house) { check(t, h.Access.DeleteUser(t.Context(), "user")) }},
			"has logged out": {end: func(h *house) { h.User.post("/logout") }},
			"has another password": {end: func(h *house) {
				_, err := h.Access.ChangeUser(t.Context(), "user", access.UserChange{Password: "another horse"})
				check(t, err)
			}},
			"may less": {less: true, end: func(h *house) {
				_, err := h.Access.ChangeUser(t.Context(), "user", access.UserChange{Domains: []string{"other.test"}})
				check(t, err)
			}},
		} {
			t.Run(what+", who "+how, func(t *testing.T) {
				h := newHouse(t)
				s := h.User.doAsked(request(h), func() { c.end(h) })
				switch {
				case c.less:
					s.status(http.StatusNotFound)
				case what == "a file with script":
					s.status(http.StatusUnauthorized)
					if !strings.Contains(s.Body, "Log in again.") {
						t.Errorf("%s", s.Body)
					}
				case s.URL.Path != "/login":
					t.Errorf("it led to %s: %s", s.URL, s.text())
				}
				if got := h.stored("example.com"); len(got) != 0 {
					t.Errorf("%q are stored", got)
				}
			})
		}
	}
}

// A cursor is good for the list that it came with, in the order of that.
func TestACursorOfAnotherListIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range accessRows + 1 {
		_, err := h.Access.PutUser(t.Context(), fmt.Sprintf("u%03d", i), access.UserChange{Role: access.RoleDomain, Domains: []string{"d.test"}, Password: housePassword})
		check(t, err)
	}
	next := strings.TrimPrefix(h.Admin.get("/access").link("Next →"), "/access?")
	h.Admin.get("/access?" + next).status(http.StatusOK)
	for _, path := range []string{"/destinations", "/destinations?sort=queue", "/access", "/access/tokens", "/access/audit", "/alerts", "/domains",
		"/domains/example.com/verdicts", "/domains/example.com/recipients"} {
		with := path + "?"
		if strings.Contains(path, "?") {
			with = path + "&"
		}
		h.Admin.get(with + "after=zzz").status(http.StatusBadRequest).shows("the cursor is none of this list")
		h.Admin.get(with + "before=zzz").status(http.StatusBadRequest)
		if path != "/access" {
			h.Admin.get(with + next).status(http.StatusBadRequest)
		}
	}
}

// Of those who add a domain at the same time one does.
func TestADomainIsAddedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const n = 8
	codes := make(chan int, n)
	for i := range n {
		go func() {
			codes <- h.Admin.post("/domains/new", "name", "new.test", "destinations", fmt.Sprintf("192.0.2.%d", i), "on_unknown", "defer", "mode", "callout").code
		}()
	}
	got := map[int]int{}
	for range n {
		got[<-codes]++
	}
	if got[http.StatusOK] != 1 || got[http.StatusUnprocessableEntity] != n-1 {
		t.Errorf("%v", got)
	}
}

// A body without a stated length that is too long is said to be that by the login too.
func TestALoginThatIsTooLongIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/login", io.LimitReader(zeroReader{}, formLimit+1))
	check(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	h.Stranger.do(r).status(http.StatusRequestEntityTooLarge).shows("The request is too large")
}
