package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"callout/internal/access"
)

type actorKey struct{}

// WithActor returns a context whose requests are made by somebody: those of the admin socket, where whoever may connect
// is admin.
func WithActor(ctx context.Context, who *access.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, who)
}

// actor establishes who makes a request. The error is a *Problem or one of access.
func (a *API) actor(r *http.Request) (*access.Actor, error) {
	if who, ok := r.Context().Value(actorKey{}).(*access.Actor); ok {
		return who, nil
	}
	if err := fromElsewhere(r); err != nil {
		return nil, err
	}
	secret, err := secretOf(r)
	if err != nil {
		return nil, err
	}
	from := r.RemoteAddr
	if host, _, err := net.SplitHostPort(from); err == nil {
		from = host
	}
	who, err := a.access.Authenticate(r.Context(), secret, from)
	if errors.Is(err, access.ErrToken) {
		return nil, newProblem(http.StatusUnauthorized, "the token is unknown, expired or revoked; make another with `callout token create`, or on the page Access")
	}
	if err != nil {
		return nil, err
	}
	mine := *who
	mine.Via = "api"
	return &mine, nil
}

// secretOf returns the token of a request: Bearer (RFC 6750), or the password of Basic (RFC 7617), whose user name is not
// looked at.
func secretOf(r *http.Request) (string, error) {
	given := r.Header.Values("Authorization")
	if len(given) == 0 {
		return "", newProblem(http.StatusUnauthorized, "no token; send the header Authorization: Bearer TOKEN, or Basic with the token as the password")
	}
	if len(given) == 1 {
		scheme, rest, _ := strings.Cut(given[0], " ")
		if strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(rest), nil
		}
		if _, password, ok := r.BasicAuth(); ok {
			return password, nil
		}
	}
	return "", newProblem(http.StatusUnauthorized, "the header Authorization can't be used; send one, with Bearer TOKEN, or Basic with the token as the password")
}

// fromElsewhere refuses what a page of another site has a browser ask: it may know a token by Basic authentication, and
// sends it along unasked. Old browsers do not say of which site a page is, nor do others over plain HTTP to another machine.
// They name it by Origin where something may be changed, and by Referer else, which counts where GET changes something too.
func fromElsewhere(r *http.Request) error {
	here := true
	switch site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin"); {
	case site != "":
		here = site == "same-origin" || site == "none"
	case origin != "":
		here = names(origin, r.Host)
	case strings.HasPrefix(r.URL.Path, "/cgi-bin/") && r.Header.Get("Referer") != "":
		here = names(r.Header.Get("Referer"), r.Host)
	}
	if here {
		return nil
	}
	return newProblem(http.StatusForbidden, "a page of another site asked; the API answers programs, and pages of its own")
}

// unsaidPage refuses a change where a browser may have asked for it and did not say for which page: over plain HTTP from another
// machine it names no site, and no page either where that is how the page wants it.
func unsaidPage(r *http.Request, who *access.Actor) error {
	for _, name := range []string{"Sec-Fetch-Site", "Origin", "Referer"} {
		if r.Header.Get(name) != "" { // which fromElsewhere has looked at
			return nil
		}
	}
	from, err := netip.ParseAddr(who.From)
	if r.TLS != nil || err != nil || from.IsLoopback() || !strings.HasPrefix(r.UserAgent(), "Mozilla/") {
		return nil
	}
	return newProblem(http.StatusForbidden, "a browser asked for a change over plain HTTP and did not say for which page; use https, or a program whose User-Agent does not begin with Mozilla/")
}

// names reports whether a URL, or an origin (RFC 6454 section 7), is of a host with its port. The origin "null" is of none.
func names(address, host string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// challenge says how to authenticate. Only scripts for SpamExperts' API are told of Basic, whose challenge has browsers
// ask people for a password.
func challenge(h http.Header, basic bool) {
	if basic {
		h.Set("WWW-Authenticate", `Basic realm="callout", charset="UTF-8"`)
		return
	}
	h.Set("WWW-Authenticate", `Bearer realm="callout"`)
}
