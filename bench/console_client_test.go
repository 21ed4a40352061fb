package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"
)

// webClient is one kept connection to a console. It writes requests itself: net/http's client would take from the server
// as much as the server needs.
type webClient struct {
	conn   net.Conn
	br     *bufio.Reader
	header string // of every request, each line with its end
	out    []byte
	body   bytes.Buffer
}

// dialWeb connects, with lines for the header of every request. A connection is of use for five minutes.
func dialWeb(addr, header string) (*webClient, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(5 * time.Minute))
	return &webClient{conn: conn, br: bufio.NewReaderSize(conn, 64<<10), header: "Host: " + addr + "\r\n" + header}, nil
}

func (c *webClient) close() { c.conn.Close() }

// do sends a request and returns what it is answered, which is good until the next one. It must succeed.
func (c *webClient) do(method, path, body string) ([]byte, error) {
	r, err := c.exchange(method, path, "application/json", body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %s: %.300s", method, path, r.Status, c.body.Bytes())
	}
	return c.body.Bytes(), nil
}

// short does what do does, where the answer is so short that its length is in its header, and with a tenth of the work.
// Clients that share the processors with what they measure ask by it.
func (c *webClient) short(method, path, body string) ([]byte, error) {
	if err := c.send(method, path, "application/json", body); err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	status, err := c.br.ReadSlice('\n')
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return nil, fmt.Errorf("%s %s: %q", method, path, status)
	}
	for length := -1; ; {
		line, err := c.br.ReadSlice('\n')
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
		switch name, value, _ := bytes.Cut(line, []byte(": ")); {
		case string(name) == "Content-Length":
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
		case len(line) > len("\r\n"):
		case length < 0:
			return nil, fmt.Errorf("%s %s: the answer has no length", method, path)
		default:
			c.body.Reset()
			_, err := io.CopyN(&c.body, c.br, int64(length))
			return c.body.Bytes(), err
		}
	}
}

// exchange sends a request and reads the answer, its body into c.body.
func (c *webClient) exchange(method, path, mediaType, body string) (*http.Response, error) {
	if err := c.send(method, path, mediaType, body); err != nil {
		return nil, err
	}
	r, err := http.ReadResponse(c.br, nil)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	c.body.Reset()
	_, err = io.Copy(&c.body, r.Body)
	return r, err
}

// send writes a request.
func (c *webClient) send(method, path, mediaType, body string) error {
	c.out = append(append(append(append(c.out[:0], method...), ' '), path...), " HTTP/1.1\r\n"...)
	c.out = append(c.out, c.header...)
	if body != "" {
		c.out = append(append(append(c.out, "Content-Type: "...), mediaType...), "\r\nContent-Length: "...)
		c.out = append(strconv.AppendInt(c.out, int64(len(body)), 10), "\r\n"...)
	}
	c.out = append(append(c.out, "\r\n"...), body...)
	_, err := c.conn.Write(c.out)
	return err
}

// dialAPI connects as a program does, with a token.
func (c *console) dialAPI(b *testing.B) *webClient {
	b.Helper()
	client, err := dialWeb(c.http, c.bearer())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.close)
	return client
}

func (c *console) bearer() string { return "Authorization: Bearer " + c.token + "\r\n" }

// dialPages connects as a browser does, and logs in.
func (c *console) dialPages(b *testing.B) *webClient {
	b.Helper()
	client, err := dialWeb(c.http, "")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.close)
	form := url.Values{"name": {adminName}, "password": {adminPassword}}
	r, err := client.exchange(http.MethodPost, "/login", "application/x-www-form-urlencoded", form.Encode())
	if err != nil {
		b.Fatal(err)
	}
	for _, cookie := range r.Cookies() {
		if cookie.Name == "callout_session" {
			client.header += "Cookie: " + cookie.Name + "=" + cookie.Value + "\r\n"
			return client
		}
	}
	b.Fatalf("log in: %s without a session: %.300s", r.Status, client.body.Bytes())
	return nil
}
