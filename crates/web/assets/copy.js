// The buttons that copy how a client is set up.

async function copy(button, say) {
  const pre = button.parentElement.querySelector('pre');
  const told = document.getElementById('copied');
  try {
    await navigator.clipboard.writeText(pre.textContent);
    told.textContent = say('console.copied', { client: button.dataset.client });
  } catch {
    // Not over plain HTTP from another machine: then it is selected instead.
    getSelection().selectAllChildren(pre);
    told.textContent = say('console.selected');
  }
}

export function offerCopies(say) {
  for (const button of document.querySelectorAll('button.copy')) button.addEventListener('click', () => copy(button, say));
}
