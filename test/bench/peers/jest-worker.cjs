exports.echo = (/** @type {unknown} */ message) => message;
