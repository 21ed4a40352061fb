package access

import "container/list"

// recent is a map that keeps the entries used last, max of them at most. It is not safe for concurrent use.
type recent[K comparable, V any] struct {
	max     int
	entries map[K]*list.Element // of *entry[K, V]
	order   list.List           // the one used last in front
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any](max int) *recent[K, V] {
	return &recent[K, V]{max: max, entries: make(map[K]*list.Element)}
}

// get returns an entry's value and counts as its use; ok is false where there is none.
func (r *recent[K, V]) get(key K) (value V, ok bool) {
	e := r.entries[key]
	if e == nil {
		return value, false
	}
	r.order.MoveToFront(e)
	return e.Value.(*entry[K, V]).value, true
}

// put sets an entry's value, and drops the entry used longest ago where there are too many.
func (r *recent[K, V]) put(key K, value V) {
	if e := r.entries[key]; e != nil {
		e.Value.(*entry[K, V]).value = value
		r.order.MoveToFront(e)
		return
	}
	r.entries[key] = r.order.PushFront(&entry[K, V]{key, value})
	if len(r.entries) > r.max {
		r.delete(r.order.Back().Value.(*entry[K, V]).key)
	}
}

func (r *recent[K, V]) delete(key K) {
	if e := r.entries[key]; e != nil {
		r.order.Remove(e)
		delete(r.entries, key)
	}
}
