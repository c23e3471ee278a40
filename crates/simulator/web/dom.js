// The little there is between the page and the document.

export const byId = (id) => document.getElementById(id);

/**
 * A new element. Texts become text nodes, so nothing a person or bot writes is ever read as markup.
 * @param {string} tag the element and its classes: `div.bubble.mine`
 * @param {object} properties attributes; functions are listeners, `true` is an empty attribute
 * @param {...(Node|string|null|undefined)} children nothing is left out
 */
export function make(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  element.classList.add(...classes);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/**
 * Makes an element that is shown look like another one. Whatever is the same stays in its place: a node that is
 * replaced loses the keyboard's focus, and is read out again where the page is live. Listeners stay as they were.
 */
export function renew(shown, wanted) {
  for (const name of new Set([...shown.getAttributeNames(), ...wanted.getAttributeNames()])) {
    const value = wanted.getAttribute(name);
    if (value === null) shown.removeAttribute(name);
    else if (value !== shown.getAttribute(name)) shown.setAttribute(name, value);
  }
  renewChildren(shown, ...wanted.childNodes);
}

/** Like `replaceChildren`, but as `renew`. Elements of a list say with a `data-key` which one, and what it does. */
export function renewChildren(element, ...children) {
  let next = element.firstChild;
  for (const child of children) {
    let same = next;
    while (same && !isSame(same, child)) same = same.nextSibling;
    if (same) {
      while (next !== same) next = removed(next);
      if (!same.isEqualNode(child)) renew(same, child);
      next = same.nextSibling;
    } else {
      element.insertBefore(child, next);
    }
  }
  while (next) next = removed(next);
}

/** Texts and drawings are never changed, only replaced. */
function isSame(shown, wanted) {
  if (!(shown instanceof HTMLElement && wanted instanceof HTMLElement)) return shown.isEqualNode(wanted);
  const { tagName, className, dataset } = wanted;
  return shown.tagName === tagName && shown.className === className && shown.dataset.key === dataset.key;
}

/** Sets a text if it is another one: where the page is live, whatever is set is read out. */
export function showText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Removes a node; gives the one after it. */
function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

const SVG = "http://www.w3.org/2000/svg";

/** A line drawing on a 24 by 24 field. */
export function drawing(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

const HUES = [336, 214, 28, 268, 178, 8];

/** A round picture with the first letter of a name, in a colour that stays the same. */
export function avatar(name) {
  const [first = "?"] = new Intl.Segmenter().segment(name);
  const sum = [...name].reduce((total, letter) => total + letter.codePointAt(0), 0);
  const element = make("span.avatar", { "aria-hidden": "true", "data-key": name }, first.segment ?? first);
  element.style.setProperty("--hue", HUES[sum % HUES.length]);
  return element;
}

export const botAvatar = () => make("img.avatar", { src: "/simulator/web/icon.svg", alt: "" });

/** What the browser remembers of a choice; a browser may forbid it. */
export function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice lasts until the page is closed.
  }
}
