/** @param {unknown} message */
export default (message) => message;
