package access_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"callout/internal/access"
	"callout/internal/store"
	"callout/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cheap makes passwords cost next to nothing.
var cheap = access.Cost{MemoryKiB: 8, Passes: 1, Lanes: 1}

const (
	password = "correct horse"
	home     = "192.0.2.1"
)

// house is an Access on a database of its own.
type house struct {
	*access.Access
	t     *testing.T
	path  string
	cost  access.Cost
	store *watchedStore
	log   *logBuffer
}

// newHouse opens an Access that is closed when the test ends.
func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, path: filepath.Join(t.TempDir(), "callout.db"), cost: cheap, log: &logBuffer{}}
	h.open()
	t.Cleanup(h.close)
	return h
}

func (h *house) open() {
	h.t.Helper()
	db, err := sqlite.Open(context.Background(), h.path)
	check(h.t, err)
	h.store = &watchedStore{Store: db}
	h.Access, err = access.New(context.Background(), access.Options{Store: h.store, Cost: h.cost,
		Log: slog.New(slog.NewTextHandler(h.log, nil))})
	check(h.t, err)
}

func (h *house) close() {
	h.t.Helper()
	h.Access.Close(context.Background())
	check(h.t, h.store.Close())
}

// restart closes everything and opens it again.
func (h *house) restart() {
	h.t.Helper()
	h.close()
	h.open()
}

// user makes a user with the password of the tests: of RoleDomain where domains are given, else of RoleAdmin.
func (h *house) user(name string, domains ...string) access.User {
	h.t.Helper()
	role := access.RoleAdmin
	if len(domains) > 0 {
		role = access.RoleDomain
	}
	_, err := h.PutUser(h.t.Context(), name, access.UserChange{Role: role, Domains: domains, Password: password})
	check(h.t, err)
	u, _ := h.User(name)
	return u
}

// token makes a token and returns its secret.
func (h *house) token(t access.Token) (secret string, made access.Token) {
	h.t.Helper()
	if t.Label == "" {
		t.Label = "panel"
	}
	secret, made, err := h.CreateToken(h.t.Context(), t)
	check(h.t, err)
	return secret, made
}

// events returns all of the audit log, newest first.
func (h *house) events() []access.Event {
	h.t.Helper()
	all, _, err := h.Events(h.t.Context(), access.EventQuery{Limit: 1000})
	check(h.t, err)
	return all
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantErr checks that an error is a certain one.
func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// wantField checks that an error is that of a field.
func wantField(t *testing.T, what string, err error, field string) {
	t.Helper()
	var f *access.FieldError
	if !errors.As(err, &f) || f.Field != field || f.Reason == "" {
		t.Errorf("%s: error %v, want one of field %s", what, err, field)
	}
}

// watchedStore counts writes and can be told to fail.
type watchedStore struct {
	*sqlite.Store
	mu      sync.Mutex
	renewed int
	audit   error             // what AddAudit returns
	failing error             // what AddSession and SetUsed return
	put     error             // what PutUser returns
	puts    int               // how often PutUser was called
	keep    store.AuditBounds // what AddAudit was told to keep
	bounds  store.SessionBounds
}

func (s *watchedStore) RenewSession(ctx context.Context, one store.Session) error {
	s.mu.Lock()
	s.renewed++
	s.mu.Unlock()
	return s.Store.RenewSession(ctx, one)
}

func (s *watchedStore) AddSession(ctx context.Context, one store.Session, bounds store.SessionBounds) error {
	s.mu.Lock()
	s.bounds = bounds
	err := s.failing
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.Store.AddSession(ctx, one, bounds)
}

func (s *watchedStore) SetUsed(ctx context.Context, used store.Used) error {
	s.mu.Lock()
	err := s.failing
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.Store.SetUsed(ctx, used)
}

func (s *watchedStore) PutUser(ctx context.Context, u store.User) error {
	s.mu.Lock()
	s.puts++
	err := s.put
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.Store.PutUser(ctx, u)
}

// fail makes AddSession and SetUsed fail, or with nil work again.
func (s *watchedStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing = err
}

func (s *watchedStore) AddAudit(ctx context.Context, e store.AuditEvent, keep store.AuditBounds) error {
	s.mu.Lock()
	s.keep = keep
	err := s.audit
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.Store.AddAudit(ctx, e, keep)
}

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
