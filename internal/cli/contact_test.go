package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callout/internal/api"
	"callout/internal/cli"
)

// verb runs one in this process.
func verb(t *testing.T, args ...string) (exit int, out, err string) {
	t.Helper()
	for _, name := range []string{"CALLOUT_URL", "CALLOUT_TOKEN"} {
		if _, set := os.LookupEnv(name); !set {
			t.Setenv(name, "")
		}
	}
	var stdout, stderr bytes.Buffer
	exit = cli.Run(args, strings.NewReader(""), &stdout, &stderr)
	return exit, stdout.String(), stderr.String()
}

// distant is a server that answers each request with h.
func distant(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// A server at a URL gets the token with every request, and its API may be below a path.
func TestServerAtURL(t *testing.T) {
	var asked []string
	url := distant(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Authorization"))
		fmt.Fprint(w, `{"cleared": "john@example.com", "stored": 1}`)
	})
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("callout_file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	clearOne := []string{"cache", "clear", "--recipient", "john@example.com"}
	const path = "/api/v1/verdicts/john@example.com "
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		want string
	}{
		"flags":                  {nil, []string{"--url", url, "--token", "callout_flag"}, "DELETE " + path + "Bearer callout_flag"},
		"a file":                 {nil, []string{"--url", url + "/", "--token-file", file}, "DELETE " + path + "Bearer callout_file"},
		"below a path":           {nil, []string{"--url", url + "/mail/callout/", "--token-file", file}, "DELETE /mail/callout" + path + "Bearer callout_file"},
		"the environment":        {map[string]string{"CALLOUT_URL": url, "CALLOUT_TOKEN": "callout_env"}, nil, "DELETE " + path + "Bearer callout_env"},
		"flags before the other": {map[string]string{"CALLOUT_URL": "https://elsewhere.example", "CALLOUT_TOKEN": "callout_env"}, []string{"--url", url, "--token-file", file}, "DELETE " + path + "Bearer callout_file"},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range c.env {
				t.Setenv(key, value)
			}
			asked = nil
			exit, out, err := verb(t, append(clearOne, c.args...)...)
			if exit != 0 || out != "cleared john@example.com: 1 stored verdict\n" || err != "" {
				t.Errorf("exit %d\n%s%s", exit, out, err)
			}
			if len(asked) != 1 || asked[0] != c.want {
				t.Errorf("asked %q, want %q", asked, c.want)
			}
		})
	}
}

// -c outranks the environment: it names the server of this machine.
func TestConfigurationOutranksTheEnvironment(t *testing.T) {
	t.Setenv("CALLOUT_URL", distant(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
	t.Setenv("CALLOUT_TOKEN", "callout_env")
	file := filepath.Join(t.TempDir(), "callout.toml")
	if err := os.WriteFile(file, []byte("data_dir = \"none\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if exit, _, err := verb(t, "status", "-c", file); exit != 1 || !strings.Contains(err, "callout.sock") {
		t.Errorf("exit %d, %s", exit, err)
	}
}

// problem writes a problem detail as the API does.
func problem(status int, detail string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(api.Problem{Title: http.StatusText(status), Status: status, Detail: detail})
	}
}

// Each refusal is one line that says what to do.
func TestRefusalsOfServerAtURL(t *testing.T) {
	plain := func(status int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			fmt.Fprint(w, "<html>no</html>")
		}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		exit   int
		want   string
	}{
		"a token that is unknown": {problem(401, "whatever"), 1, "the server at URL does not take the token: it is unknown, expired or revoked; use another (`callout token create` makes one)"},
		"a proxy that wants more": {plain(401), 1, "the server at URL does not take the token: it is unknown, expired or revoked; use another (`callout token create` makes one)"},
		"not allowed":             {problem(403, "this is not for you: it needs the role admin"), 1, "this is not for you: it needs the role admin"},
		"not found":               {problem(404, "domain a is not served"), 1, "domain a is not served"},
		"bad":                     {problem(400, "the cursor is none"), 2, "the cursor is none"},
		"unusable":                {problem(422, "a: no \x1b[31mdomain\n"), 2, "a: no ?[31mdomain?"},
		"too many":                {problem(429, "too many attempts; try again in 5s"), 1, "too many attempts; try again in 5s"},
		"too many for a proxy":    {plain(429, "Retry-After", "30"), 1, "the server at URL has had too many requests of yours (429 Too Many Requests); try again in 30 s"},
		"a redirect":              {plain(301, "Location", "https://elsewhere.example/"), 1, "the server at URL answered 301 Moved Permanently with a redirect to https://elsewhere.example/, which is not followed; write the URL that the server is at itself"},
		"something else":          {plain(404), 1, "the server at URL has no such operation (404 Not Found); is the URL that of Callout, with the path it has there?"},
		"a proxy without server":  {plain(502), 1, "the server at URL answered 502 Bad Gateway"},
		"a page":                  {plain(200), 1, "the server at URL: reading its answer: invalid character '<' looking for beginning of value; is the URL that of Callout?"},
	} {
		t.Run(name, func(t *testing.T) {
			url := distant(t, c.answer)
			exit, out, err := verb(t, "status", "--url", url, "--token", "callout_x")
			want := "callout: " + strings.ReplaceAll(c.want, "URL", url) + "\n"
			want = strings.ReplaceAll(want, "the "+url+" ", "the URL ")
			if exit != c.exit || out != "" || err != want {
				t.Errorf("exit %d, %s%swant exit %d, %s", exit, out, err, c.exit, want)
			}
		})
	}
}

// A redirect is not followed: the token would go with it.
func TestRedirectIsNotFollowed(t *testing.T) {
	second := distant(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	for _, status := range []int{301, 302, 303, 307, 308} {
		first := distant(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, second+r.URL.Path, status) })
		if exit, _, _ := verb(t, "status", "--url", first, "--token", "callout_x"); exit != 1 {
			t.Errorf("%d: exit %d", status, exit)
		}
	}
}

func TestNoServerAtURL(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + ln.Addr().String()
	ln.Close()
	exit, _, text := verb(t, "status", "--url", url, "--token", "callout_x")
	if exit != 1 || text != "callout: no server answers at "+url+" (connect: connection refused); see that it runs and that the URL is right\n" {
		t.Errorf("exit %d, %s", exit, text)
	}
}

// What the command line can't mean is said before anybody is asked, and nothing is sent in clear to another machine.
func TestBadContacts(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	empty, words, missing := file("empty", " \n"), file("words", "two words"), filepath.Join(dir, "missing")
	large := file("large", strings.Repeat("x", 5000))
	const url = "https://filter.example.net"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--url", ""}, "--url is empty; write for example --url https://filter.example.net"},
		{[]string{"--url", url, "-c", "callout.toml"}, "-c and --url name two servers; leave one of them out"},
		{[]string{"--url", "filter.example.net"}, `"filter.example.net" is no URL of a server; write for example https://filter.example.net`},
		{[]string{"--url", "ftp://filter.example.net"}, `"ftp://filter.example.net" is no URL of a server; write for example https://filter.example.net`},
		{[]string{"--url", "https:///path"}, `"https:///path" is no URL of a server; write for example https://filter.example.net`},
		{[]string{"--url", "https://admin:secret@filter.example.net"}, `the URL "https://admin:xxxxx@filter.example.net" has a name in it; leave it out, the token says who you are`},
		{[]string{"--url", url + "?a=b"}, `the URL "https://filter.example.net?a=b" goes on behind its path; leave out what follows ? or #`},
		{[]string{"--url", "http://filter.example.net", "--token", "t"}, `"http://filter.example.net" would send the token unencrypted to another machine; write https://, or add --insecure if that is what you want`},
		{[]string{"--url", "http://127.0.0.1.example.net", "--token", "t"}, `"http://127.0.0.1.example.net" would send the token unencrypted to another machine; write https://, or add --insecure if that is what you want`},
		{[]string{"--url", url}, "a server at a URL wants a token; give --token-file FILE, or set CALLOUT_TOKEN (`callout token create` makes one)"},
		{[]string{"--url", url, "--token", "t", "--token-file", words}, "--token and --token-file are two tokens; leave one of them out"},
		{[]string{"--url", url, "--token", ""}, "--token holds no token; it is one word that begins with callout_"},
		{[]string{"--url", url, "--token", "a\r\nX: y"}, "--token holds no token; it is one word that begins with callout_"},
		{[]string{"--url", url, "--token-file", empty}, empty + " holds no token; it is one word that begins with callout_"},
		{[]string{"--url", url, "--token-file", words}, words + " holds no token; it is one word that begins with callout_"},
		{[]string{"--url", url, "--token-file", missing}, "--token-file " + missing + ": no such file or directory; name a file that has a token in it"},
		{[]string{"--url", url, "--token-file", large}, "--token-file " + large + ": it has more than 4096 octets; name a file that has a token in it"},
		{[]string{"--url", url, "--token", "t", "--ca", words}, "--ca " + words + ": there is no certificate in it; name a file with one in PEM"},
		{[]string{"--url", url, "--token", "t", "--ca", missing}, "--ca " + missing + ": no such file or directory; name a file with a certificate in PEM"},
		{[]string{"--token", "t"}, "--token is for a server that --url names; the admin socket of this machine needs none"},
		{[]string{"--ca", words}, "--ca is for a server that --url names; the admin socket of this machine needs none"},
	} {
		exit, out, err := verb(t, append([]string{"status"}, c.args...)...)
		if exit != 2 || out != "" || err != "callout: "+c.want+"\n" {
			t.Errorf("%q: exit %d, %s%swant %s", c.args, exit, out, err, c.want)
		}
	}
}
