package cli

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"

	"callout/internal/api"
)

// unreachable words why no server answered.
func (c *client) unreachable(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // it names the request, which nobody has typed
	}
	if c.local() {
		return c.noSocket(err)
	}
	if why := untrusted(err); why != "" {
		return fmt.Errorf("the server at %s: its certificate %s", c.at, why)
	}
	op, dialing := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Errorf("the server at %s does not speak TLS; write http:// for one on this machine, or give it a certificate ([http] tls_cert)", c.at)
	case dialing && op.Op == "dial":
		return fmt.Errorf("no server answers at %s (%v); see that it runs and that the URL is right", c.at, op.Err)
	}
	return fmt.Errorf("the server at %s: %w", c.at, err)
}

// noSocket words why no server answered on the admin socket.
func (c *client) noSocket(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("the server on %s does not let you in; run this as root, or as the server's user", c.at)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return fmt.Errorf("no server answers on %s (%v); start `callout serve`, or name its configuration with -c", c.at, op.Err)
	}
	return fmt.Errorf("the server on %s: %w", c.at, err)
}

// untrusted says what is wrong with a server's certificate and what to do, "" where it is something else.
func untrusted(err error) string {
	failed, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok {
		return ""
	}
	why := clean(failed.Err.Error())
	if _, ok := errors.AsType[x509.HostnameError](failed.Err); ok {
		return "is for another name: " + why + "; write in the URL the name that it is for"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](failed.Err); ok && invalid.Reason == x509.Expired {
		return "has expired or is not valid yet: " + why + "; renew it there"
	}
	return "is not trusted: " + why + "; name the certificate that it is, or that has signed it, with --ca FILE"
}

// refused words an answer that is no success.
func (c *client) refused(resp *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20)) // what can't be read is no problem detail
	p := readProblem(body)
	if p != nil {
		p.Status = resp.StatusCode
	}
	switch {
	case resp.StatusCode < 400:
		return fmt.Errorf("the server at %s answered %s with a redirect to %.200s, which is not followed; write the URL that the server is at itself",
			c.at, clean(resp.Status), clean(resp.Header.Get("Location")))
	case resp.StatusCode == http.StatusUnauthorized && !c.local():
		return fmt.Errorf("the server at %s does not take the token: it is unknown, expired or revoked; use another (`callout token create` makes one)", c.at)
	case p == nil:
		return c.stranger(resp, body)
	case p.Status == http.StatusBadRequest || p.Status == http.StatusUnprocessableEntity:
		return &statusError{exitUsage, p}
	}
	return p
}

// readProblem returns the problem detail that a text is, nil where it is none.
func readProblem(text []byte) *api.Problem {
	p := &api.Problem{}
	if json.Unmarshal(text, p) != nil || p.Detail == "" {
		return nil
	}
	p.Detail = clean(p.Detail)
	return p
}

// stranger words an answer that is no answer of the API: of a proxy, or of another server.
func (c *client) stranger(resp *http.Response, body []byte) error {
	status := clean(resp.Status)
	switch {
	case bytes.HasPrefix(body, []byte("Client sent an HTTP request to an HTTPS server")): // net/http's words
		return fmt.Errorf("the server at %s speaks TLS; write https://", c.at)
	case resp.StatusCode == http.StatusTooManyRequests:
		wait := "later"
		if after := resp.Header.Get("Retry-After"); after != "" {
			wait = "in " + clean(after) + " s"
		}
		return fmt.Errorf("the server at %s has had too many requests of yours (%s); try again %s", c.at, status, wait)
	case resp.StatusCode == http.StatusNotFound && !c.local():
		return fmt.Errorf("the server at %s has no such operation (%s); is the URL that of Callout, with the path it has there?", c.at, status)
	}
	return fmt.Errorf("the server at %s answered %s", c.at, status)
}
