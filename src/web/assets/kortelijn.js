// What pages can do besides: count characters, answer keys, put a phrase in a field, refresh, keep a draft. Nothing needs it.

const all = (selector) => [...document.querySelectorAll(selector)];
const typing = (element) => element.matches('input, textarea, select, [contenteditable]');

// Counts as one types; what a screen reader hears comes once, when there is little room left.
for (const area of all('textarea[data-count]')) {
  const line = document.getElementById(`${area.id}-count`);
  const max = Number(area.dataset.count);
  const count = () => {
    const left = max - area.value.length;
    line.textContent = line.dataset.left.replace('#', left);
    line.setAttribute('role', left <= 20 ? 'status' : 'presentation');
  };
  area.addEventListener('input', count);
  count();
}

// A phrase goes where the cursor was, without asking the server.
for (const button of all('button[name=phrase]')) {
  button.addEventListener('click', (event) => {
    const area = document.getElementById(button.dataset.into);
    const words = button.dataset.words;
    const before = area.value.slice(0, area.selectionStart);
    const between = before && !/\s$/.test(before) ? ' ' : '';
    if (area.maxLength > 0 && area.value.length + between.length + words.length > area.maxLength) return;
    event.preventDefault();
    area.setRangeText(between + words, area.selectionStart, area.selectionEnd, 'end');
    area.dispatchEvent(new Event('input', { bubbles: true }));
    area.focus();
  });
}

// Keys work only where the page says so, never while typing and never with a modifier (WCAG 2.1.4).
const rows = () => all('.referrals .lead a');
const step = (by) => {
  const links = rows();
  const at = links.indexOf(document.activeElement);
  links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
};
if (document.querySelector('[data-keys]')) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || typing(event.target)) return;
    if (event.key === 'j') step(1);
    else if (event.key === 'k') step(-1);
    else if (/^[a-z]$/.test(event.key)) document.querySelector(`[data-key="${event.key}"]`)?.click();
  });
}

// A page that refreshes itself does not while someone is at it; a reload keeps the place.
const { every } = document.getElementById('main').dataset;
if (every) {
  const open = all('details[open]').length;
  const isFree = () =>
    !document.hidden &&
    document.activeElement === document.body &&
    !document.querySelector('input:checked') &&
    all('details[open]').length === open;
  setInterval(() => isFree() && location.reload(), every * 1000);
}

// The form is kept while one types; when the connection is gone it stays where it is and says so.
for (const form of all('form[data-draft]')) {
  const note = document.getElementById('draft-note');
  let waiting;
  const keep = async () => {
    const body = new URLSearchParams(new FormData(form));
    const kept = await fetch(form.dataset.draft, { method: 'POST', body }).then(
      ({ ok }) => ok,
      () => false,
    );
    note.textContent = kept ? note.dataset.kept : note.dataset.lost;
    return kept;
  };
  form.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(keep, 3000);
  });
  form.addEventListener('submit', async (event) => {
    if (form.dataset.sure) return;
    event.preventDefault();
    clearTimeout(waiting);
    if (!(await keep())) return note.focus();
    form.dataset.sure = 'yes';
    form.requestSubmit(event.submitter);
  });
}
