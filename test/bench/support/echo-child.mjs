process.on('message', (message) => void process.send?.(message));
process.send?.('ready');
