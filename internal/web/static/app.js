// What every page gains from script. Each works without: this file only makes them quicker.
'use strict';

// The words for times are those of words.go.
function about(seconds) {
  if (seconds < 60) return Math.floor(seconds) + ' s';
  if (seconds < 3600) return Math.floor(seconds / 60) + ' min';
  if (seconds < 48 * 3600) return Math.floor(seconds / 3600) + ' h';
  return Math.floor(seconds / 86400) + ' d';
}

// skew is how far this computer's clock is before the server's, in ms, by the time at which the page was made.
const made = Date.parse(document.querySelector('[data-now]')?.dateTime);
const skew = made ? performance.timeOrigin + (performance.getEntriesByType('navigation')[0]?.responseStart ?? 0) - made : 0;

function ago(time) {
  const seconds = (Date.now() - skew - Date.parse(time)) / 1000;
  if (seconds >= 1) return about(seconds) + ' ago';
  if (seconds > -1) return 'now';
  const unit = seconds > -60 ? 1 : seconds > -48 * 3600 ? 60 : 3600;
  return 'in ' + about(Math.round(-seconds / unit) * unit);
}

// setTime gives a <time> element another time.
function setTime(element, time) {
  element.dateTime = time;
  element.title = new Date(time).toISOString().slice(0, 19).replace('T', ' ') + ' UTC';
  element.textContent = element.hasAttribute('data-clock') ? element.title.slice(11, 19) : ago(time);
}

function refreshTimes() {
  if (document.hidden) return;
  for (const element of document.querySelectorAll('time[data-ago]')) {
    const words = ago(element.dateTime);
    if (element.textContent !== words) element.textContent = words;
  }
}

// "/" goes to the search box, unless one is typing.
function searchKey(event) {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest('input, textarea, select, [contenteditable]')) return;
  const box = document.querySelector('[data-search]');
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
}

// Checkboxes: <input type=checkbox data-all> ticks the others of its form, [data-selected] says how many are,
// buttons with data-needs-selection wait for one.
function countTicks(form) {
  const all = form.querySelector('[data-all]');
  if (!all) return;
  const boxes = [...form.querySelectorAll('input[type=checkbox][name]:not([data-apart])')];
  const n = boxes.filter((box) => box.checked).length;
  all.checked = n > 0 && n === boxes.length;
  all.indeterminate = n > 0 && n < boxes.length;
  for (const place of form.querySelectorAll('[data-selected]')) place.textContent = n + ' selected';
  for (const button of form.querySelectorAll('[data-needs-selection]')) button.disabled = n === 0;
}

function tick(event) {
  const form = event.target.form;
  if (!form || event.target.type !== 'checkbox') return;
  if (event.target.hasAttribute('data-all')) {
    for (const box of form.querySelectorAll('input[type=checkbox][name]:not([data-apart])')) box.checked = event.target.checked;
  }
  countTicks(form);
}

// <code data-copy> gets a button that copies it.
function offerCopy(code) {
  if (!navigator.clipboard || code.nextElementSibling?.matches('[data-copies]')) return;
  const button = document.createElement('button');
  button.type = 'button';
  button.setAttribute('data-copies', '');
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Select it and copy by hand';
    }
  });
  code.after(button);
}

// A place for words that only script has to say, such as the result of a filter, which screen readers read out.
function place(role, className) {
  const p = Object.assign(document.createElement('p'), { className });
  p.setAttribute('role', role);
  return p;
}

// What can't be reached is said where the list stands, until it can be.
const unreachable = "The server can't be reached. Try again.";
const trouble = place('alert', 'outcome bad');

function sayUnreachable() {
  const list = document.getElementById('list');
  if (!list) return;
  list.before(trouble);
  trouble.textContent = unreachable;
  trouble.scrollIntoView({ block: 'nearest' });
}

// keepFocus gives the keyboard its place back after a part of the page was replaced: by its id, else at the part itself.
function keepFocus(part, id) {
  if (document.activeElement && document.activeElement !== document.body) return;
  const to = (id && document.getElementById(id)) || part;
  if (to === part) part.tabIndex = -1;
  to.focus({ preventScroll: true });
}

// sameBut reports whether two elements show the same, but for how long ago it was.
function sameBut(a, b) {
  const plain = (element) => {
    const copy = element.cloneNode(true);
    for (const time of copy.querySelectorAll('time[data-ago]')) time.textContent = '';
    return copy.outerHTML;
  };
  return plain(a) === plain(b);
}

// renew fetches the page once more and replaces those parts of it, by their ids, that have changed.
// Any trouble is let pass: the next time it may go well.
async function renew(selector) {
  const parts = [...document.querySelectorAll(selector)];
  if (!parts.length) return;
  try {
    const answer = await fetch(location.href, { headers: { 'HX-Request': 'true' }, credentials: 'same-origin' });
    if (answer.headers.get('HX-Redirect')) return location.reload(); // the login has ended
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const old of parts) {
      const part = page.getElementById(old.id);
      if (!part || !old.isConnected || sameBut(old, part)) continue;
      const focus = old.contains(document.activeElement) ? document.activeElement : null;
      const fresh = document.importNode(part, true);
      old.replaceWith(fresh);
      htmx.process(fresh);
      if (focus) keepFocus(fresh, focus.id);
    }
    ready(document);
    refreshTimes();
  } catch {}
}

// [data-renew] are the parts of a page that stay true while somebody looks at it.
let renewed = Date.now();
function keepTrue() {
  if (document.hidden || Date.now() - renewed < 14000) return;
  renewed = Date.now();
  renew('[data-renew]');
}

// A form is sent once: a second press would lose what the answer to the first shows. Coming back to the page frees it.
const sent = new Set();
function sendOnce(event) {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute('method') !== 'post') return;
  if (sent.has(form)) return event.preventDefault();
  sent.add(form);
  setTimeout(() => sent.delete(form), 30000); // the answer never came
}

// ready wires what is there, and what a list that was fetched in place brought.
function ready(root) {
  for (const form of document.forms) countTicks(form);
  for (const code of root.querySelectorAll('[data-copy]')) offerCopy(code);
}

// A list in place. A filter keeps the order that the list has by now; fields that are empty need not be in the URL; and what
// one types changes the entry of the history instead of adding one at every key.
function askForList(event) {
  const { ctx } = event.detail;
  const { body } = ctx.request;
  ctx.ofPager = Boolean(ctx.sourceElement.closest('.pager'));
  if (!(body instanceof FormData)) return;
  if (ctx.sourceElement.matches('form.filter')) {
    body.set('sort', new URLSearchParams(location.search).get('sort') ?? '');
    if (ctx.sourceEvent?.type === 'input') Object.assign(ctx, { push: null, replace: 'true' });
  }
  for (const [name, value] of [...body]) if (value === '') body.delete(name);
}

const told = place('status', 'vh');
function showList(event) {
  const list = document.getElementById('list');
  if (event.detail.ctx.response?.status >= 400) return; // nothing was swapped
  trouble.remove();
  ready(document);
  refreshTimes();
  if (!list) return;
  keepFocus(list);
  if (event.detail.ctx.ofPager) list.scrollIntoView({ block: 'start' });
  told.textContent = list.querySelector('.shown, .empty .word')?.textContent ?? '';
}

// htmx would take a click that is to open a tab for a common one.
function leaveToBrowser(event) {
  if ((event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button > 0) && event.target.closest?.('a[href]')) {
    event.stopImmediatePropagation();
  }
}

document.documentElement.classList.add('js');
document.body.append(told);
document.addEventListener('keydown', searchKey);
document.addEventListener('change', tick);
document.addEventListener('click', leaveToBrowser, true);
document.addEventListener('submit', sendOnce);
addEventListener('pageshow', () => sent.clear());
document.addEventListener('htmx:config:request', askForList);
document.addEventListener('htmx:after:swap', showList);
document.addEventListener('htmx:error', sayUnreachable);
// A list that can't be fetched in place is gone to as a page, which says why; but not to what a proxy says of a server that is down.
document.addEventListener('htmx:response:error', (event) => {
  const { ctx } = event.detail;
  if ([502, 503, 504].includes(ctx.response?.status)) {
    Object.assign(ctx, { push: null, replace: null }); // the list stays as it is
    return sayUnreachable();
  }
  if (ctx.request?.action) location.assign(ctx.request.action);
});
document.addEventListener('visibilitychange', () => {
  refreshTimes();
  keepTrue();
});
setInterval(refreshTimes, 30000);
setInterval(keepTrue, 15000);
ready(document);
