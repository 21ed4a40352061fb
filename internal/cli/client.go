package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"time"
)

// adminSocket is the admin socket's name in data_dir.
const adminSocket = "callout.sock"

const (
	clientTimeout = time.Minute      // of one request to a running server, which takes no longer for one itself
	fileTimeout   = 20 * time.Minute // of a file of CSV: the server gives it 15 to come
	maxAnswer     = 512 << 20        // octets of one answer; how 100,000 domains stand is about a tenth
)

// client talks to a running server, over its admin socket or at a URL.
type client struct {
	at    string // where the server is, as people say it
	base  string // what a path of the API is appended to
	token string // "" on the admin socket
	http  http.Client
}

// newClient returns a client for an admin socket.
func newClient(socket string) *client {
	var d net.Dialer
	return newClientOf(socket, "http://callout", "", &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", socket) },
	})
}

func newClientOf(at, base, token string, transport http.RoundTripper) *client {
	// The API redirects only where a path is not what it seems, "..": that would be another operation. And who redirects to
	// elsewhere would have the token sent there.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{at, base + "/api/v1/", token, http.Client{CheckRedirect: stay, Transport: transport}}
}

// local reports whether the server is reached over its admin socket.
func (c *client) local() bool { return c.token == "" }

// do makes a request and reads its answer into out, which may be nil.
func (c *client) do(ctx context.Context, method, path string, body, out any) error {
	return c.doWith(ctx, nil, method, path, body, out)
}

// doWith is do with more in the header.
func (c *client) doWith(ctx context.Context, header map[string]string, method, path string, body, out any) error {
	ctx, cancel := context.WithTimeout(ctx, clientTimeout)
	defer cancel()
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(b)
		header = with(header, "Content-Type", "application/json")
	}
	resp, err := c.send(ctx, header, method, path, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return c.read(resp, out)
}

// with returns a header with a field more.
func with(header map[string]string, name, value string) map[string]string {
	all := map[string]string{name: value}
	maps.Copy(all, header)
	return all
}

// send makes a request. The error is also that of an answer which is no success; otherwise the caller closes its body.
func (c *client) send(ctx context.Context, header map[string]string, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		return nil, c.refused(resp)
	}
	return resp, nil
}

// read reads an answer into out, which may be nil.
func (c *client) read(resp *http.Response, out any) error {
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(out); err != nil {
		return fmt.Errorf("the server at %s: reading its answer: %w; is the URL that of Callout?", c.at, err)
	}
	return nil
}
